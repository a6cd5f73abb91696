#include "engine/engine_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>

#include "base/errors.h"
#include "base/machine.h"
#include "engine/cpu/speed.h"
#include "engine/cuda/cuda_device.h"
#include "engine/engine_options.h"
#include "engine/generation/kv_pages.h"
#include "engine/scoring/batch_cuts.h"

namespace flm {
namespace {

constexpr double kGib = 1024.0 * 1024 * 1024;
/// Activations that a scoring batch may take where a smaller one would do as well: more rows share
/// no more.
constexpr std::int64_t kBatchBytes = std::int64_t{512} << 20;
/// A batch that must fit beside weights that are kept.
constexpr std::int64_t kRowsForResidentWeights = 4096;
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

std::int32_t decoded_together_on_cpu(int threads) {
  return kDecodeBlock * std::min(1 + threads / kThreadsOfDecodeBlock, kMostDecodeBlocks);
}

/// Weights are kept where a batch worth its while fits beside them.
bool must_stream(const ModelCost& cost, int ranks, std::int64_t budget) {
  const std::int64_t rank =
      cost.weight_bytes(false) + cost.fixed_bytes + kRowsForResidentWeights * cost.row_bytes;
  return ranks * rank > budget;
}

double streamed_seconds(const EngineInfo& info, const WeightTable& table, const ModelCost& cost,
                        const std::optional<DeviceSpeed>& device) {
  if (!device) return weight_seconds(table.bytes(), 0, 0);
  if (table.rule("model.layers.0.mlp.up_proj.weight")) return 0;  // made on the device
  return weight_seconds(info.tensor_parallel * cost.weight_bytes(false),
                        page_locked_bytes(info.host_memory), device->host_to_device_bytes);
}

}  // namespace

Planner::Planner(const EngineOptions& options, const EngineInfo& info, const ModelConfig& config,
                 const WeightTable& table, const ModelCost& cost)
    : info_(info),
      flops_(flops_of(config)),
      cost_(cost),
      budget_(memory_budget(options)),
      device_speed_(device_speed(options)),
      decoded_together_(device_speed_ ? GeneratorLimits().max_batch
                                      : decoded_together_on_cpu(info.threads)),
      streamed_(must_stream(cost, info.tensor_parallel, budget_)),
      weight_seconds_(streamed_ ? streamed_seconds(info, table, cost, device_speed_) : 0) {}

EnginePlan Planner::plan(std::span<const ScoreRequest> requests) const {
  const PrefixTrie trie(requests);
  EnginePlan plan;
  plan.requests = static_cast<std::int64_t>(requests.size());
  for (const ScoreRequest& request : requests)
    plan.tokens_submitted += static_cast<std::int64_t>(request.tokens.size());
  plan.rows_unique = trie.nodes();
  std::int64_t most_rows = 0;
  const ExpectedSpeed speed = expected_speed();
  for (const TrieSlice& slice : cut(trie)) {
    ++plan.batches;
    plan.rows_computed += slice.rows();
    plan.flops += slice.flops;
    plan.seconds_expected += speed.seconds(slice.flops);
    most_rows = std::max<std::int64_t>(most_rows, slice.rows());
  }
  plan.bytes_peak = base_bytes() + info_.tensor_parallel * most_rows * cost_.row_bytes;
  plan.speed = speed.basis;
  return plan;
}

EnginePlan Planner::plan(std::span<const GenerateRequest> requests) const {
  std::vector<ScoreRequest> prompts;
  EnginePlan plan;
  plan.requests = static_cast<std::int64_t>(requests.size());
  for (const GenerateRequest& request : requests) {
    plan.tokens_submitted += static_cast<std::int64_t>(request.prompt.size());
    prompts.push_back({request.prompt, static_cast<std::int32_t>(request.prompt.size()), 0});
    prompts.back().tokens.push_back(0);  // the token to be generated is a target, as in scoring
    const double prompt = static_cast<double>(request.prompt.size()), more = request.max_new_tokens;
    plan.rows_computed += std::max(0, request.max_new_tokens - 1);
    plan.flops += more * (flops_.row + flops_.head_row + flops_.row_key * (prompt + more / 2));
  }
  const PrefixTrie trie(prompts);
  plan.rows_unique = trie.nodes();
  plan.rows_computed += trie.nodes();
  for (std::int32_t node = 0; node < trie.nodes(); ++node)
    plan.flops += flops_.row + flops_.row_key * (trie.position(node) + 1);
  plan.batches = 1;
  plan.bytes_peak = base_bytes() + forward_bytes() +
                    info_.tensor_parallel * kv_slots(requests) * cost_.kv_slot_bytes;
  ExpectedSpeed speed = expected_speed();
  speed.weight_seconds *= std::max(  // each forward reads all weights
      decoding_steps(requests, decoded_together_),
      std::ceil(static_cast<double>(plan.rows_computed) / GeneratorLimits().max_rows));
  plan.seconds_expected = speed.seconds(plan.flops);
  plan.speed = speed.basis;
  return plan;
}

std::vector<TrieSlice> Planner::cut(const PrefixTrie& trie) const {
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
  return cut_into_batches(trie, flops_, limits);
}

GeneratorLimits Planner::generator_limits(std::span<const GenerateRequest> requests) const {
  GeneratorLimits limits;
  limits.max_batch = decoded_together_;
  limits.max_length = info_.max_length;
  limits.kv_slots = static_cast<std::int32_t>(
      std::min<std::int64_t>(kv_slots(requests), std::numeric_limits<std::int32_t>::max()));
  return limits;
}

std::int64_t Planner::base_bytes() const {
  return info_.tensor_parallel * (cost_.weight_bytes(streamed_) + cost_.fixed_bytes);
}

std::int64_t Planner::forward_bytes() const {
  const std::int64_t logits = std::int64_t{2} * decoded_together_ * info_.vocab_rows *
                              static_cast<std::int64_t>(sizeof(float));
  return info_.tensor_parallel * (GeneratorLimits().max_rows * cost_.row_bytes + logits);
}

std::int64_t Planner::kv_slots(std::span<const GenerateRequest> requests) const {
  constexpr std::int64_t kPage = KvPages::kPageSlots;
  std::vector<std::int64_t> needs = {kPage};
  for (const GenerateRequest& request : requests) {
    const std::int64_t tokens =
        static_cast<std::int64_t>(request.prompt.size()) + request.max_new_tokens;
    needs.push_back((std::clamp<std::int64_t>(tokens, 1, info_.max_length) + kPage - 1) / kPage *
                    kPage);
  }
  std::sort(needs.rbegin(), needs.rend());
  const std::size_t together = std::min(needs.size(), static_cast<std::size_t>(decoded_together_));
  const std::int64_t wanted = std::accumulate(
      needs.begin(), needs.begin() + static_cast<std::ptrdiff_t>(together), std::int64_t{0});
  const std::int64_t base = base_bytes() + forward_bytes(),
                     slot = info_.tensor_parallel * cost_.kv_slot_bytes;
  const std::int64_t fit = (budget_ - base) / slot / kPage * kPage;
  if (needs.front() > fit) refuse_memory(needs.front(), base + needs.front() * slot);
  return std::min(wanted, fit);
}

void Planner::refuse_memory(std::int64_t rows, std::int64_t bytes) const {
  const auto needed = static_cast<double>(bytes);
  throw UserError("the longest request needs " + std::to_string(rows) + " rows and " + gib(needed) +
                  " GiB of memory, but the limit is " + gib(static_cast<double>(budget_)) +
                  " GiB; raise --memory to " + gib(std::ceil(needed / kGib * 100) / 100 * kGib) +
                  " or shorten the request");
}

double Planner::busy_threads() const { return std::min(info_.threads, available_threads()); }

ExpectedSpeed Planner::expected_speed() const {
  ExpectedSpeed speed;
  if (device_speed_) {
    speed.flops = device_speed_->flops;
    speed.basis = device_speed_->basis;
  } else {
    speed.flops = measured_flops_per_thread(info_.isa) * busy_threads();
    speed.basis = "multiply-adds measured just now";
  }
  if (!streamed_) return speed;
  speed.weight_seconds = weight_seconds_;
  speed.basis += "; all weights come anew for each batch";
  return speed;
}

/// Batches are cut by it, not by what was measured just now: else two processes on one machine
/// would cut differently.
double Planner::nominal_speed() const {
  if (device_speed_) return device_speed_->nominal_flops;
  return nominal_flops_per_thread(info_.isa) * busy_threads();
}

}  // namespace flm
