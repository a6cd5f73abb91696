#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "base/system/clock.h"
#include "engine/backend/operation_log.h"
#include "engine/checkpoint/config_json.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/tune.h"
#include "engine/engine_options.h"
#include "engine/engine_plan.h"
#include "engine/gpu_libraries.h"
#include "engine/local_models.h"
#include "engine/nodes.h"
#include "engine/nodes/remote_models.h"
#include "engine/replicas/batch_run.h"
#include "engine/replicas/generation_run.h"
#include "engine/replicas/generation_share.h"
#include "engine/requests.h"
#include "engine/scoring/packed_batch.h"
#include "engine/scoring/prefix_trie.h"
#include "engine/scoring/score_collector.h"
#include "engine/stages_choice.h"

namespace flm {
namespace {

/// Models behind a planner: the planner cuts what is asked into batches, the models of this process
/// and of the job's others run them.
class ModelEngine : public Engine {
 public:
  ModelEngine(const EngineOptions& options, const ModelFiles& files, std::string why_stages,
              Progress& progress)
      : table_(files.table),
        why_stages_(std::move(why_stages)),
        progress_(progress),
        log_(options.time_operations ? std::make_shared<OperationLog>() : nullptr),
        models_(options, files, progress, log_),
        job_(options.nodes ? std::make_unique<RemoteModels>(options.nodes->job()) : nullptr),
        info_(models_.info()),
        stop_seconds_(options.stop_seconds),
        planner_(make_planner(options, files)) {
    place_weights(planner_->expected_placement());
  }

  const EngineInfo& info() const override { return info_; }
  std::string weights_hash() override { return models_.weights_hash(); }

  EnginePlan plan(std::span<const ScoreRequest> requests) const override {
    check_requests(requests, info_);
    return explained(planner_->plan(requests));
  }
  EnginePlan plan(std::span<const GenerateRequest> requests) const override {
    check_requests(requests, info_);
    return explained(planner_->plan(requests));
  }

  bool score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const BatchSink& commit,
             const std::atomic<bool>& stop) override {
    check_requests(requests, info_);
    ScoreCollector collector(requests);
    const PrefixTrie trie(requests);
    const std::vector<TrieSlice> slices = planner_->cut(trie);
    if (!slices.empty()) place_weights(planner_->placement(trie));
    // Streamed weights that nobody has looked through yet are looked through in the first batch:
    // no result goes out before it has run.
    const bool unknown = models_.placement() == Placement::kStreamed && !slices.empty() && !job_ &&
                         models_.known_hash().empty() && table_->check_as_loaded(silent_);
    if (!unknown) {
      (void)weights_hash();
      collector.deliver_empty(sink);
      if (slices.empty() && !requests.empty()) commit();
    }
    BatchRun run;
    run.slices = slices;
    run.pack = [&](const TrieSlice& slice) { return pack(trie, slice, requests); };
    run.deliver = [&](BatchDone&& done) {
      table_->require_unchanged();
      ++counters_.batches;
      count(done.slice->rows(), done.seconds);
      if (models_.known_hash().empty()) {
        models_.check_weights();
        collector.deliver_empty(sink);
      }
      collector.take(done.answers, done.recipients, sink);
      commit();
    };
    run.progress = [&](std::int64_t rows) {
      progress_.update("scoring tokens", rows, trie.nodes());
    };
    run.stop_seconds = stop_seconds_;
    return while_all_are_there([&] {
      if (!slices.empty()) load_weights();  // no part of a batch's time
      return run_batches(all_replicas(), run, stop);
    });
  }

  bool generate(std::span<const GenerateRequest> requests, const Tokenizer& tokenizer,
                const GenerateSink& sink, const BatchSink& commit,
                const std::atomic<bool>& stop) override {
    check_requests(requests, info_);
    const GeneratorLimits limits = planner_->generator_limits(requests);
    check_requests(requests, limits);
    if (!requests.empty()) place_weights(planner_->placement(requests));
    (void)weights_hash();
    double start = monotonic_seconds();
    GeneratorCounters done;
    GenerationShare share(requests);
    const GenerateSink checked = [&](std::size_t index, GenerateResult&& result) {
      table_->require_unchanged();
      share.finished(index, result);
      sink(index, std::move(result));
    };
    const BatchSink step = [&] {
      progress_.update("generating tokens", share.done(done.rows_computed), share.total());
      if (commit) commit();
    };
    const bool finished = while_all_are_there([&] {
      if (!requests.empty()) load_weights();  // no part of the time
      start = monotonic_seconds();
      return generate_together(all_replicas(), requests, tokenizer, limits, checked, step, stop,
                               done);
    });
    counters_.generated_tokens += done.generated_tokens;
    count(done.rows_computed, monotonic_seconds() - start);
    return finished;
  }

  EngineCounters counters() const override {
    EngineCounters all = counters_;
    all.weight_bytes_read = {table_->bytes_read()};
    if (job_ && !lost_)
      for (const std::int64_t bytes : job_->bytes_read()) all.weight_bytes_read.push_back(bytes);
    return all;
  }
  OperationTimes operation_times() const override {
    OperationTimes times = log_ ? log_->times() : OperationTimes{};
    times.batches = batch_times_;
    return times;
  }

 private:
  /// The others open the model while this process plans; the least memory of any is planned with.
  std::unique_ptr<const Planner> make_planner(const EngineOptions& options,
                                              const ModelFiles& files) {
    std::int64_t budget = memory_budget(options);
    if (job_) {
      job_->open(info_, options.tokenizer);
      budget = std::min(budget, job_->least_budget());
      info_.processes = job_->processes();
      info_.models += job_->models();
      info_.keepers = std::min(info_.keepers, job_->fewest_keepers());
    }
    return std::make_unique<Planner>(
        options, info_, files.config, *table_,
        cost_of(files.config, *table_, models_.backends(), info_.max_length), budget);
  }

  EnginePlan explained(EnginePlan plan) const {
    if (!why_stages_.empty()) plan.placement += "; " + why_stages_;
    return plan;
  }

  void place_weights(Placement placement) {
    models_.place(placement);
    if (job_) job_->place(placement);
  }

  /// Here and elsewhere at once.
  void load_weights() {
    if (job_) job_->begin_loading();
    models_.load();
    if (job_) job_->end_loading(weights_hash());
  }

  std::vector<Replica*> all_replicas() const {
    std::vector<Replica*> all = models_.replicas();
    if (job_)
      for (Replica* replica : job_->replicas()) all.push_back(replica);
    return all;
  }

  /// A process that is lost interrupts the work: what came is delivered, the rest can be gone on
  /// with.
  template <class F>
  bool while_all_are_there(const F& work) {
    try {
      return work();
    } catch (const NodeLost& lost) {
      lost_ = true;
      progress_.note(lost.what());
      return false;
    }
  }

  void count(std::int64_t rows, double seconds) {
    counters_.rows_computed += rows;
    counters_.seconds += seconds;
    if (log_) batch_times_.push_back({rows, seconds});
  }

  SilentProgress silent_;
  const std::shared_ptr<WeightTable> table_;
  const std::string why_stages_;  // empty: nobody chose them but the user
  Progress& progress_;
  const std::shared_ptr<OperationLog> log_;  // null: nothing is measured
  LocalModels models_;
  const std::unique_ptr<RemoteModels> job_;  // null: this process is alone
  bool lost_ = false;                        // one of its processes
  EngineInfo info_;
  const double stop_seconds_;
  const std::unique_ptr<const Planner> planner_;
  EngineCounters counters_;
  std::vector<BatchTime> batch_times_;
};

}  // namespace

double ScoreResult::sum() const {
  double total = 0;
  for (float logprob : logprobs) total += static_cast<double>(logprob);
  return total;
}

bool ScoreResult::greedy(std::span<const std::int32_t> targets) const {
  FLM_CHECK(targets.size() == argmax.size(), "a target for each scored position");
  return std::equal(targets.begin(), targets.end(), argmax.begin());
}

std::string EngineInfo::isa_with_advice() const {
  return bf16_is_slower ? isa + ": bf16 is slower than fp32 here" : isa;
}

std::string tune_products(const std::string& model, const std::string& device,
                          Precision precision) {
  EngineOptions options;
  options.device = device;
  options.precision = precision;
  const int ordinal = cuda_ordinal(device);
  if (ordinal < 0)
    throw UserError("doctor --tune measures a GPU's products; give --device cuda: " + device);
  ModelConfig config;
  if (model.rfind("synthetic:", 0) == 0)
    (void)WeightTable::synthetic(model, &config);
  else
    config = read_model_config(model);
  return tune_cuda(config, {ordinal, uses_bf16(options)});
}

std::vector<std::pair<std::string, std::string>> gpu_libraries() { return cuda_libraries(); }

std::unique_ptr<Engine> Engine::open(const EngineOptions& typed, Progress& progress) {
  const EngineOptions options = typed.nodes ? for_share(typed, typed.nodes->job().share()) : typed;
  // The others get what was typed: each has a share of its own.
  if (typed.nodes) begin_opening(typed.nodes->job(), typed);
  const ModelFiles files = open_model_files(options);
  StagesChoice choice = choose_stages(options, files);
  return std::make_unique<ModelEngine>(choice.options, files, std::move(choice.reason), progress);
}

}  // namespace flm
