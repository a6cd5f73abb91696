#include "engine/engine.h"

#include <tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>
#include <optional>
#include <sstream>

#include "base/clock.h"
#include "base/errors.h"
#include "base/machine.h"
#include "engine/backends.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/speed.h"
#include "engine/cuda/cuda_device.h"
#include "engine/cuda/device_speed.h"
#include "engine/cuda/tune.h"
#include "engine/engine_options.h"
#include "engine/generation/generator.h"
#include "engine/model/key_tile.h"
#include "engine/model/model.h"
#include "engine/model/operation_log.h"
#include "engine/model/rank_group.h"
#include "engine/parallel/shard.h"
#include "engine/request_checks.h"
#include "engine/scoring/batch_time.h"
#include "engine/scoring/prefix_trie.h"
#include "engine/scoring/score_collector.h"
#include "engine/scoring/super_batch.h"

namespace flm {
namespace {

constexpr double kGib = 1024.0 * 1024 * 1024;
constexpr std::int64_t kRowsForResidentWeights =
    4096;  // a batch that must fit beside weights that are kept
constexpr std::int32_t kPage = kKeyTile;
/// Activations that a scoring batch may take where a smaller one would do as well: more rows share
/// no more.
constexpr std::int64_t kBatchBytes = std::int64_t{512} << 20;
// Decoded together on the CPU: a register block of AVX-512 for every eight threads, for a thread's
// share of the memory's bandwidth falls with their number. More rows than hide the weights' way
// from memory fill more of it with keys and values and gain nothing.
constexpr std::int32_t kDecodeBlock = 14, kThreadsOfDecodeBlock = 8, kMostDecodeBlocks = 4;

std::string gib(double bytes) {
  std::ostringstream text;
  text.precision(3);
  text << bytes / kGib;
  return text.str();
}

std::optional<DeviceSpeed> device_speed(const EngineOptions& options) {
  const int ordinal = cuda_ordinal(options.device);
  if (ordinal < 0) return std::nullopt;
  return expected_device_speed(inspect_cuda_device(ordinal), uses_bf16(options));
}

BackendOptions backend_options(const EngineOptions& options, const EngineInfo& info) {
  return {cuda_ordinal(options.device), uses_bf16(options), info.threads, info.tensor_parallel};
}

/// Weights are kept where a batch worth its while fits beside them.
bool must_stream(const ModelCost& cost, int ranks, std::int64_t budget) {
  const std::int64_t rank =
      cost.weight_bytes(false) + cost.fixed_bytes + kRowsForResidentWeights * cost.row_bytes;
  return ranks * rank > budget;
}

struct PreparedBatch {
  PackedBatch rows;
  std::vector<HeadQuery> queries;
};

/// The engine on one device.
class LocalEngine : public Engine {
 public:
  LocalEngine(const EngineOptions& options, ModelConfig config, std::shared_ptr<WeightTable> table,
              Progress& progress)
      : config_(std::move(config)),
        table_(std::move(table)),
        progress_(progress),
        info_(describe(options, config_, *table_)),
        budget_(memory_budget(options)),
        device_speed_(device_speed(options)),
        parallelism_(tbb::global_control::max_allowed_parallelism,
                     static_cast<std::size_t>(info_.threads + info_.tensor_parallel)),
        cost_(cost_of(config_, *table_, backend_options(options, info_), info_.max_length)),
        streamed_(must_stream(cost_, info_.tensor_parallel, budget_)),
        log_(options.time_operations ? std::make_shared<OperationLog>() : nullptr) {
    const ModelOptions model_options{.stream_weights = streamed_};
    auto backends = make_backends(backend_options(options, info_),
                                  streamed_ ? page_locked_bytes(info_.host_memory) : 0, log_);
    if (info_.tensor_parallel > 1) {
      model_ = make_rank_group(config_, table_, std::move(backends), model_options);
    } else {
      single_ = make_single_communicator();
      model_ = Model::create(config_, table_, *single_, std::move(backends.front()), model_options);
    }
  }

  const EngineInfo& info() const override { return info_; }

  /// Weights that will stay are read here, once, looked through and packed; not where the hash is
  /// known without reading.
  std::string weights_hash() override {
    if (!weights_hash_.empty()) return weights_hash_;
    if (table_->check_as_loaded(progress_)) model_->load_weights();
    check_weights();
    return weights_hash_;
  }

  EnginePlan plan(std::span<const ScoreRequest> requests) const override {
    check_requests(requests, info_);
    const PrefixTrie trie(requests);
    EnginePlan plan = base_plan(requests.size());
    for (const ScoreRequest& request : requests)
      plan.tokens_submitted += static_cast<std::int64_t>(request.tokens.size());
    plan.rows_unique = trie.nodes();
    std::int64_t most_rows = 0;
    const ExpectedSpeed speed = expected_speed();
    for (const SuperBatch& batch : cut(trie)) {
      ++plan.batches;
      plan.rows_computed += batch.rows();
      plan.flops += batch.flops;
      plan.seconds_expected += speed.seconds(batch.flops);
      most_rows = std::max<std::int64_t>(most_rows, batch.rows());
    }
    plan.bytes_peak = base_bytes() + info_.tensor_parallel * most_rows * cost_.row_bytes;
    plan.speed = speed.basis;
    return plan;
  }

  /// What is generated is not known before: the most that it can be.
  EnginePlan plan(std::span<const GenerateRequest> requests) const override {
    check_requests(requests, info_);
    std::vector<ScoreRequest> prompts;
    const ModelFlops flops = flops_of(config_);
    EnginePlan plan = base_plan(requests.size());
    for (const GenerateRequest& request : requests) {
      plan.tokens_submitted += static_cast<std::int64_t>(request.prompt.size());
      prompts.push_back({request.prompt, static_cast<std::int32_t>(request.prompt.size()), 0});
      prompts.back().tokens.push_back(0);  // the token to be generated is a target, as in scoring
      const double prompt = static_cast<double>(request.prompt.size()),
                   more = request.max_new_tokens;
      plan.rows_computed += std::max(0, request.max_new_tokens - 1);
      plan.flops += more * (flops.row + flops.head_row + flops.row_key * (prompt + more / 2));
    }
    const PrefixTrie trie(prompts);
    plan.rows_unique = trie.nodes();
    plan.rows_computed += trie.nodes();
    for (std::int32_t node = 0; node < trie.nodes(); ++node)
      plan.flops += flops.row + flops.row_key * (trie.position(node) + 1);
    plan.batches = 1;
    plan.bytes_peak = base_bytes() + forward_bytes() +
                      info_.tensor_parallel * kv_slots(requests) * cost_.kv_slot_bytes;
    const GeneratorLimits limits = generator_limits();
    ExpectedSpeed speed = expected_speed();
    speed.weight_seconds *= std::max(  // each forward reads all weights
        decoding_steps(requests, limits.max_batch),
        std::ceil(static_cast<double>(plan.rows_computed) / limits.max_rows));
    plan.seconds_expected = speed.seconds(plan.flops);
    plan.speed = speed.basis;
    return plan;
  }

  bool score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const BatchSink& commit,
             const std::atomic<bool>& stop) override {
    check_requests(requests, info_);
    ScoreCollector collector(requests);
    const PrefixTrie trie(requests);
    const std::vector<SuperBatch> batches = cut(trie);
    const bool unknown = streamed_ && !batches.empty() && weights_hash_.empty() &&
                         table_->check_as_loaded(silent_);  // in the first batch then
    if (!unknown) {
      (void)weights_hash();
      collector.deliver_empty(sink);
    }
    if (!streamed_ && !batches.empty()) model_->load_weights();  // no part of a batch's time
    const auto prepare = [&](std::size_t b) {
      return PreparedBatch{pack(trie, batches[b]), queries_of(trie, batches[b], requests)};
    };
    std::future<PreparedBatch> next;  // made while the model computes the one before
    for (std::size_t b = 0; b < batches.size(); ++b) {
      if (stop.load()) return false;
      const SuperBatch& batch = batches[b];
      const double start = monotonic_seconds();
      const auto [packed, queries] = next.valid() ? next.get() : prepare(b);
      if (b + 1 < batches.size()) next = std::async(std::launch::async, prepare, b + 1);
      PassControl control;
      control.another = b + 1 < batches.size();
      control.go_on = [&](double done) {
        progress_.update("rows",
                         batch.begin + static_cast<std::int64_t>(done * (batch.end - batch.begin)),
                         trie.nodes());
        return !stop.load() || worth_finishing(monotonic_seconds() - start, done);
      };
      const auto answers = model_->score(packed, queries, control);
      if (!answers) return false;
      counters_.rows_computed += batch.rows();
      ++counters_.batches;
      count_seconds(batch.rows(), monotonic_seconds() - start);
      if (weights_hash_.empty()) {
        check_weights();
        collector.deliver_empty(sink);
      }
      collector.take(trie, batch, *answers, queries, sink);
      commit();
      progress_.update("rows", batch.end, trie.nodes());
    }
    return true;
  }

  bool generate(std::span<const GenerateRequest> requests, const Tokenizer& tokenizer,
                const GenerateSink& sink, const BatchSink& commit,
                const std::atomic<bool>& stop) override {
    check_requests(requests, info_);
    (void)weights_hash();
    if (!streamed_ && !requests.empty()) model_->load_weights();  // no part of the time
    const double start = monotonic_seconds();
    GeneratorLimits limits = generator_limits();
    limits.kv_slots = static_cast<std::int32_t>(
        std::min<std::int64_t>(kv_slots(requests), std::numeric_limits<std::int32_t>::max()));
    limits.max_length = info_.max_length;
    GeneratorCounters done;
    const bool finished =
        run_generation(*model_, requests, tokenizer, limits, sink, commit, stop, &done);
    counters_.rows_computed += done.rows_computed;
    counters_.generated_tokens += done.generated_tokens;
    count_seconds(done.rows_computed, monotonic_seconds() - start);
    return finished;
  }

  EngineCounters counters() const override { return counters_; }
  OperationTimes operation_times() const override {
    OperationTimes times = log_ ? log_->times() : OperationTimes{};
    times.batches = batch_times_;
    return times;
  }

 private:
  void count_seconds(std::int64_t rows, double seconds) {
    counters_.seconds += seconds;
    if (log_) batch_times_.push_back({rows, seconds});
  }

  EnginePlan base_plan(std::size_t requests) const {
    EnginePlan plan;
    plan.requests = static_cast<std::int64_t>(requests);
    return plan;
  }

  double busy_threads() const { return std::min(info_.threads, available_threads()); }

  ExpectedSpeed expected_speed() const {
    ExpectedSpeed speed;
    if (device_speed_) {
      speed.flops = device_speed_->flops;
      speed.basis = device_speed_->basis;
    } else {
      speed.flops = measured_flops_per_thread(choose_kernels("").isa) * busy_threads();
      speed.basis = "multiply-adds measured just now";
    }
    if (!streamed_) return speed;
    speed.weight_seconds = streamed_seconds();
    speed.basis += "; all weights come anew for each batch";
    return speed;
  }

  /// Until all weights came once.
  double streamed_seconds() const {
    if (!device_speed_) return weight_seconds(table_->bytes(), 0, 0);
    if (table_->rule("model.layers.0.mlp.up_proj.weight")) return 0;  // made on the device
    return weight_seconds(info_.tensor_parallel * cost_.weight_bytes(false),
                          page_locked_bytes(info_.host_memory),
                          device_speed_->host_to_device_bytes);
  }

  /// By which batches are cut: the same in every process on a machine, whatever was measured
  /// meanwhile.
  double nominal_speed() const {
    if (device_speed_) return device_speed_->nominal_flops;
    return nominal_flops_per_thread(choose_kernels("").isa) * busy_threads();
  }

  std::int64_t base_bytes() const {
    return info_.tensor_parallel * (cost_.weight_bytes(streamed_) + cost_.fixed_bytes);
  }

  std::vector<SuperBatch> cut(const PrefixTrie& trie) const {
    const std::int64_t row_bytes = info_.tensor_parallel * cost_.row_bytes;
    const std::int64_t fit = (budget_ - base_bytes()) / row_bytes;
    if (trie.longest_path() > fit)
      refuse_memory(trie.longest_path(), base_bytes() + trie.longest_path() * row_bytes);
    BatchLimits limits;
    limits.max_rows = fit;
    if (!streamed_)  // resident weights gain nothing from more rows
      limits.max_rows =
          std::min(fit, std::max<std::int64_t>({kBatchBytes / row_bytes, kRowsForResidentWeights,
                                                std::int64_t{2} * trie.longest_path()}));
    limits.unhurried_rows = kRowsForResidentWeights;
    limits.max_flops = (streamed_ ? kStreamedBatchSeconds : kBatchSeconds) * nominal_speed();
    if (streamed_) limits.batch_rows = kRowsForResidentWeights / 4;  // each reads all weights
    return cut_into_batches(trie, flops_of(config_), limits);
  }

  GeneratorLimits generator_limits() const {
    GeneratorLimits limits;
    if (info_.device == "cpu")
      limits.max_batch =
          kDecodeBlock * std::min(1 + info_.threads / kThreadsOfDecodeBlock, kMostDecodeBlocks);
    return limits;
  }

  /// What generation needs beside K/V: the rows of one forward and its logits.
  std::int64_t forward_bytes() const {
    const GeneratorLimits limits = generator_limits();
    const std::int64_t logits = std::int64_t{2} * limits.max_batch * config_.vocab_rows *
                                static_cast<std::int64_t>(sizeof(float));
    return info_.tensor_parallel * (limits.max_rows * cost_.row_bytes + logits);
  }

  /// Slots for as many requests at once as are decoded together, or as fit.
  std::int64_t kv_slots(std::span<const GenerateRequest> requests) const {
    std::vector<std::int64_t> needs = {kPage};
    for (const GenerateRequest& request : requests) {
      const std::int64_t tokens =
          static_cast<std::int64_t>(request.prompt.size()) + request.max_new_tokens;
      needs.push_back((std::clamp<std::int64_t>(tokens, 1, info_.max_length) + kPage - 1) / kPage *
                      kPage);
    }
    std::sort(needs.rbegin(), needs.rend());
    std::int64_t wanted = 0;
    for (std::size_t i = 0;
         i < needs.size() && i < static_cast<std::size_t>(generator_limits().max_batch); ++i)
      wanted += needs[i];
    const std::int64_t base = base_bytes() + forward_bytes(),
                       slot = info_.tensor_parallel * cost_.kv_slot_bytes;
    const std::int64_t fit = (budget_ - base) / slot / kPage * kPage;
    if (needs.front() > fit) refuse_memory(needs.front(), base + needs.front() * slot);
    return std::min(wanted, fit);
  }

  [[noreturn]] void refuse_memory(std::int64_t rows, std::int64_t bytes) const {
    const auto needed = static_cast<double>(bytes);
    throw UserError("the longest request needs " + std::to_string(rows) + " rows and " +
                    gib(needed) + " GiB of memory, but the limit is " +
                    gib(static_cast<double>(budget_)) + " GiB; raise --memory to " +
                    gib(std::ceil(needed / kGib * 100) / 100 * kGib) + " or shorten the request");
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

  const ModelConfig config_;
  SilentProgress silent_;  // of what runs beside something that is shown: ahead of the table, whose
                           // threads may still report to it
  const std::shared_ptr<WeightTable> table_;
  Progress& progress_;
  const EngineInfo info_;
  const std::int64_t budget_;
  const std::optional<DeviceSpeed> device_speed_;  // of a GPU
  tbb::global_control parallelism_;  // an arena is capped at the machine's cores otherwise
  const ModelCost cost_;
  const bool streamed_;
  const std::shared_ptr<OperationLog> log_;  // null: nothing is measured
  std::unique_ptr<Communicator> single_;
  std::unique_ptr<Model> model_;
  std::string weights_hash_;
  EngineCounters counters_;
  std::vector<BatchTime> batch_times_;
};

}  // namespace

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
    config = read_model_config(options.model);
    table = WeightTable::open(options.model, config);
  }
  check_ranks(config, options.tensor_parallel);
  return std::make_unique<LocalEngine>(options, std::move(config), std::move(table), progress);
}

}  // namespace flm
