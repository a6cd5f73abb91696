#include "engine/engine.h"

#include <tbb/global_control.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/clock.h"
#include "base/errors.h"
#include "base/machine.h"
#include "engine/backends.h"
#include "engine/cuda/tune.h"
#include "engine/engine_options.h"
#include "engine/engine_plan.h"
#include "engine/generation/generator.h"
#include "engine/model/operation_log.h"
#include "engine/parallel/shard.h"
#include "engine/replicas/batch_run.h"
#include "engine/replicas/generation_run.h"
#include "engine/requests.h"
#include "engine/scoring/packed_batch.h"
#include "engine/scoring/prefix_trie.h"
#include "engine/scoring/score_collector.h"

namespace flm {
namespace {

BackendOptions backend_options(const EngineOptions& options, const EngineInfo& info) {
  return {cuda_ordinals(options.device), uses_bf16(options), info.threads, info.tensor_parallel,
          info.data_parallel};
}

/// Models behind a planner: the planner cuts what is asked into batches, the models run them.
class ModelEngine : public Engine {
 public:
  ModelEngine(const EngineOptions& options, const ModelConfig& config,
              std::shared_ptr<WeightTable> table, Progress& progress)
      : table_(std::move(table)),
        progress_(progress),
        config_(config),
        info_(engine_info(options, config, *table_)),
        backend_options_(backend_options(options, info_)),
        parallelism_(
            tbb::global_control::max_allowed_parallelism,
            static_cast<std::size_t>(info_.threads + info_.tensor_parallel * info_.data_parallel)),
        planner_(options, info_, config, *table_,
                 cost_of(config, *table_, backend_options_, info_.max_length)),
        log_(options.time_operations ? std::make_shared<OperationLog>() : nullptr) {
    place_weights(planner_.expected_placement());
  }

  const EngineInfo& info() const override { return info_; }

  /// Weights that will stay are read here, once, looked through and packed; not where the hash is
  /// known without reading.
  std::string weights_hash() override {
    if (!weights_hash_.empty()) return weights_hash_;
    if (table_->check_as_loaded(progress_)) replicas_.front()->load_weights();
    check_weights();
    return weights_hash_;
  }

  EnginePlan plan(std::span<const ScoreRequest> requests) const override {
    check_requests(requests, info_);
    return planner_.plan(requests);
  }
  EnginePlan plan(std::span<const GenerateRequest> requests) const override {
    check_requests(requests, info_);
    return planner_.plan(requests);
  }

  bool score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const BatchSink& commit,
             const std::atomic<bool>& stop) override {
    check_requests(requests, info_);
    ScoreCollector collector(requests);
    const PrefixTrie trie(requests);
    const std::vector<TrieSlice> slices = planner_.cut(trie);
    // Streamed weights that nobody has looked through yet are looked through in the first batch:
    // no result goes out before it has run.
    if (!slices.empty()) place_weights(planner_.placement(trie));
    const bool unknown = placement_ == Placement::kStreamed && !slices.empty() &&
                         weights_hash_.empty() && table_->check_as_loaded(silent_);
    if (!unknown) {
      (void)weights_hash();
      collector.deliver_empty(sink);
      if (slices.empty() && !requests.empty()) commit();
    }
    if (!slices.empty()) load_weights();  // no part of a batch's time
    BatchRun run;
    run.slices = slices;
    run.pack = [&](const TrieSlice& slice) { return pack(trie, slice, requests); };
    run.deliver = [&](BatchDone&& done) {
      table_->require_unchanged();
      ++counters_.batches;
      count(done.slice->rows(), done.seconds);
      if (weights_hash_.empty()) {
        check_weights();
        collector.deliver_empty(sink);
      }
      collector.take(done.answers, done.recipients, sink);
      commit();
    };
    run.progress = [&](std::int64_t rows) { progress_.update("rows", rows, trie.nodes()); };
    return run_batches(replicas_, run, stop);
  }

  bool generate(std::span<const GenerateRequest> requests, const Tokenizer& tokenizer,
                const GenerateSink& sink, const BatchSink& commit,
                const std::atomic<bool>& stop) override {
    check_requests(requests, info_);
    const GeneratorLimits limits = planner_.generator_limits(requests);
    check_requests(requests, limits);
    if (!requests.empty()) place_weights(planner_.placement(requests));
    (void)weights_hash();
    if (!requests.empty()) load_weights();  // no part of the time
    const double start = monotonic_seconds();
    GeneratorCounters done;
    const GenerateSink checked = [&](std::size_t index, GenerateResult&& result) {
      table_->require_unchanged();
      sink(index, std::move(result));
    };
    const bool finished =
        generate_together(replicas_, requests, tokenizer, limits, checked, commit, stop, done);
    counters_.generated_tokens += done.generated_tokens;
    count(done.rows_computed, monotonic_seconds() - start);
    return finished;
  }

  EngineCounters counters() const override { return counters_; }
  OperationTimes operation_times() const override {
    OperationTimes times = log_ ? log_->times() : OperationTimes{};
    times.batches = batch_times_;
    return times;
  }

 private:
  /// Makes the models anew where weights are to be elsewhere than they are.
  void place_weights(Placement placement) {
    if (!replicas_.empty() && placement == placement_) return;
    replicas_.clear();  // what they hold goes before others are made
    placement_ = placement;
    ModelOptions options{.stream_weights = placement == Placement::kStreamed};
    std::shared_ptr<LockedWeights> locked;
    if (options.stream_weights)
      locked = lock_weights(backend_options_, page_locked_bytes(info_.host_memory));
    if (placement == Placement::kSpread)
      options.spread = spread_weights(config_, table_, backend_options_);
    if (info_.tensor_parallel * info_.data_parallel > 1)
      options.shared = share_weights(config_, table_, backend_options_);
    for (int replica = 0; replica < info_.data_parallel; ++replica) {
      options.beside = replica;
      replicas_.push_back(make_local_replica(
          config_, table_, make_backends(backend_options_, replica, locked, log_), options));
    }
  }

  void load_weights() {
    if (placement_ == Placement::kStreamed) return;
    for (const auto& replica : replicas_) replica->load_weights();
  }

  void count(std::int64_t rows, double seconds) {
    counters_.rows_computed += rows;
    counters_.seconds += seconds;
    if (log_) batch_times_.push_back({rows, seconds});
  }

  /// Before the first result: a checkpoint with NaN or Inf has no scores.
  void check_weights() {
    if (!weights_hash_.empty()) return;
    const WeightTable::ContentCheck check = table_->check_contents(progress_, true);
    if (!check.not_finite.empty()) {
      std::string list;
      for (const std::string& tensor : check.not_finite)
        list += (list.empty() ? "" : "; ") + tensor;
      throw UserError("weights that are not finite: " + list + "; use a sound checkpoint");
    }
    weights_hash_ = check.hash;
  }

  SilentProgress silent_;  // of what runs beside something that is shown: ahead of the table, whose
                           // threads may still report to it
  const std::shared_ptr<WeightTable> table_;
  Progress& progress_;
  const ModelConfig config_;
  const EngineInfo info_;
  const BackendOptions backend_options_;
  tbb::global_control parallelism_;  // an arena is capped at the machine's cores otherwise
  const Planner planner_;
  const std::shared_ptr<OperationLog> log_;     // null: nothing is measured
  Placement placement_ = Placement::kResident;  // of the models' weights
  Replicas replicas_;
  std::string weights_hash_;
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

std::unique_ptr<Engine> Engine::open(const EngineOptions& options, Progress& progress) {
  check_options(options);
  ModelConfig config;
  std::shared_ptr<WeightTable> table;
  if (options.model.rfind("synthetic:", 0) == 0) {
    table = WeightTable::synthetic(options.model, &config);
  } else {
    config = read_model_config(resolve_config(options.model, options.model_config));
    table = WeightTable::open(options.model, config, options.threads, options.weights);
  }
  check_ranks(config, options.tensor_parallel);
  return std::make_unique<ModelEngine>(options, config, std::move(table), progress);
}

}  // namespace flm
