#include "engine/engine_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "base/system/machine.h"
#include "engine/cpu/speed.h"
#include "engine/cuda/cuda_device.h"
#include "engine/engine_options.h"
#include "engine/generation/kv_pages.h"
#include "engine/generation/sequence.h"
#include "engine/scoring/batch_cuts.h"
#include "engine/scoring/tapered_batches.h"

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

/// The longest path of generate().
std::int64_t longest_path(std::span<const GenerateRequest> requests, int max_length) {
  std::int64_t longest = 0;
  for (const GenerateRequest& request : requests)
    longest = std::max<std::int64_t>(longest, positions_needed(request, max_length));
  return longest;
}

/// K/V slots of each request, whole pages, the most first; at least one page.
std::vector<std::int64_t> kv_needs(std::span<const GenerateRequest> requests, int max_length) {
  constexpr std::int64_t kPage = KvPages::kPageSlots;
  std::vector<std::int64_t> needs = {kPage};
  for (const GenerateRequest& request : requests) {
    const std::int64_t tokens =
        static_cast<std::int64_t>(request.prompt.size()) + request.max_new_tokens;
    needs.push_back((std::clamp<std::int64_t>(tokens, 1, max_length) + kPage - 1) / kPage * kPage);
  }
  std::sort(needs.rbegin(), needs.rend());
  return needs;
}

/// A trie of what enters before anything is drawn; the token to be drawn is a target, as in
/// scoring.
PrefixTrie trie_of_inputs(std::span<const GenerateRequest> requests, int max_length) {
  std::vector<ScoreRequest> inputs;
  for (const GenerateRequest& request : requests) {
    std::vector<std::int32_t> tokens = inputs_of(request, max_length);
    const auto first = static_cast<std::int32_t>(tokens.size());
    if (first > positions_needed(request, max_length)) continue;  // nothing is left to draw
    tokens.push_back(0);
    inputs.push_back({std::move(tokens), first, 0});
  }
  return PrefixTrie(inputs);
}

double streamed_seconds(const EngineInfo& info, const WeightTable& table, const ModelCost& cost,
                        const std::optional<DeviceSpeed>& device) {
  if (!device) return weight_seconds(table.bytes(), 0, 0);
  if (table.rule("model.layers.0.mlp.up_proj.weight")) return 0;  // made on the device
  return weight_seconds(info.tensor_parallel * cost.weight_bytes(false),
                        page_locked_bytes(info.host_memory), device->host_to_device_bytes);
}

bool device_memory(const EngineInfo& info) { return info.device != "cpu"; }

/// Or stages, of all replicas, in the memory that is planned.
std::int64_t ranks_on_a_device(const EngineInfo& info) {
  const std::int64_t ranks =
      std::int64_t{info.tensor_parallel} * info.pipeline_parallel * info.data_parallel;
  return (ranks + info.devices - 1) / info.devices;
}

std::string name_of(Placement weights) {
  switch (weights) {
    case Placement::kResident:
      return "resident";
    case Placement::kSpread:
      return "spread";
    case Placement::kStreamed:
      break;
  }
  return "streamed";
}

}  // namespace

Planner::Planner(const EngineOptions& options, const EngineInfo& info, const ModelConfig& config,
                 const WeightTable& table, const ModelCost& cost, std::int64_t budget)
    : info_(info),
      flops_(flops_of(config)),
      cost_(cost),
      sharing_(ranks_on_a_device(info)),
      holding_(device_memory(info) ? sharing_ : info.tensor_parallel),
      budget_(budget),
      device_speed_(device_speed(options)),
      decoded_together_(device_speed_ ? GeneratorLimits().max_batch
                                      : decoded_together_on_cpu(info.threads)),
      length_asked_for_(options.max_length),
      placement_asked_for_(options.placement),
      weight_seconds_(streamed_seconds(info, table, cost, device_speed_)),
      layers_(config.layers),
      stages_(stages_of(config, info.pipeline_parallel)) {}

std::vector<Placement> Planner::placements() const {
  std::vector<Placement> ways = {Placement::kResident, Placement::kSpread, Placement::kStreamed};
  const bool spreads = device_memory(info_) && info_.keepers > 1 && info_.tensor_parallel == 1 &&
                       info_.pipeline_parallel == 1;
  if (!spreads) std::erase(ways, Placement::kSpread);
  if (placement_asked_for_ != "auto")
    std::erase_if(ways, [&](Placement way) { return name_of(way) != placement_asked_for_; });
  if (ways.empty())
    throw UserError("--placement " + placement_asked_for_ +
                    " wants several replicas in each process; leave it out");
  return ways;
}

Placement Planner::expected_placement() const {
  const std::int64_t rows = std::max<std::int64_t>(kRowsForResidentWeights, length_asked_for_);
  for (const Placement weights : placements())
    if (rows <= room(weights, rows, 0, cost_.row_bytes)) return weights;
  return placements().back();
}

Placement Planner::placement(const PrefixTrie& trie) const {
  const std::int64_t longest = trie.longest_path();
  const auto fit = [&](Placement weights) { return room(weights, longest, 0, cost_.row_bytes); };
  const std::int64_t worth_it = std::max<std::int64_t>(
      longest, std::min<std::int64_t>(trie.nodes(), kRowsForResidentWeights));
  const std::vector<Placement> ways = placements();
  for (const Placement weights : ways)
    if (weights != Placement::kStreamed && worth_it <= fit(weights)) return weights;
  for (auto weights = ways.rbegin(); weights != ways.rend(); ++weights)
    if (longest <= fit(*weights)) return *weights;
  refuse_memory(longest, 0, cost_.row_bytes + cost_.position_bytes);
}

Placement Planner::placement(std::span<const GenerateRequest> requests) const {
  const std::int64_t longest = kv_needs(requests, info_.max_length).front();
  for (const Placement weights : placements())
    if (longest <= room(weights, longest, forward_bytes(), cost_.kv_slot_bytes)) return weights;
  refuse_memory(longest, forward_bytes(), cost_.kv_slot_bytes + cost_.position_bytes);
}

EnginePlan Planner::plan(std::span<const ScoreRequest> requests) const {
  const PrefixTrie trie(requests);
  const Placement weights = placement(trie);
  EnginePlan plan;
  plan.requests = static_cast<std::int64_t>(requests.size());
  for (const ScoreRequest& request : requests)
    plan.tokens_submitted += static_cast<std::int64_t>(request.tokens.size());
  plan.rows_unique = trie.nodes();
  std::int64_t most_rows = 0;
  const ExpectedSpeed speed = expected_speed(weights);
  for (const TrieSlice& slice : cut(trie)) {
    ++plan.batches;
    plan.rows_computed += slice.rows();
    plan.flops += slice.flops;
    plan.seconds_expected += speed.seconds(slice.flops) / at_once();
    most_rows = std::max<std::int64_t>(most_rows, slice.rows());
  }
  plan.bytes_peak =
      base_bytes(weights, trie.longest_path()) + sharing_ * most_rows * cost_.row_bytes;
  plan.speed = speed.basis;
  plan.placement = reason(weights);
  return plan;
}

EnginePlan Planner::plan(std::span<const GenerateRequest> requests) const {
  const Placement weights = placement(requests);
  EnginePlan plan;
  plan.requests = static_cast<std::int64_t>(requests.size());
  for (const GenerateRequest& request : requests) {
    plan.tokens_submitted += static_cast<std::int64_t>(request.prompt.size());
    const std::int64_t begin =
                           static_cast<std::int64_t>(inputs_of(request, info_.max_length).size()),
                       end = positions_needed(request, info_.max_length);
    if (begin > end) continue;  // nothing is left to draw
    const auto decoded = static_cast<double>(end - begin);
    plan.rows_computed += end - begin;
    plan.flops += flops_.of_path(static_cast<double>(end)) -
                  flops_.of_path(static_cast<double>(begin)) + (decoded + 1) * flops_.head_row;
  }
  const PrefixTrie trie = trie_of_inputs(requests, info_.max_length);
  plan.rows_unique = trie.nodes();
  plan.rows_computed += trie.nodes();
  // Of equal inputs each runs its last row, for its logits.
  for (auto drawn = trie.scored(); !drawn.empty();)
    plan.rows_computed += static_cast<std::int64_t>(take_head_row(drawn).size()) - 1;
  for (std::int32_t node = 0; node < trie.nodes(); ++node)
    plan.flops += flops_.of_row(trie.position(node));
  plan.batches = 1;
  plan.bytes_peak = base_bytes(weights, longest_path(requests, info_.max_length)) +
                    forward_bytes() + sharing_ * kv_slots(requests, weights) * cost_.kv_slot_bytes;
  ExpectedSpeed speed = expected_speed(weights);
  speed.weight_seconds *= std::max(  // each forward reads all weights
      decoding_steps(requests, decoded_together_),
      std::ceil(static_cast<double>(plan.rows_computed) / GeneratorLimits().max_rows));
  plan.seconds_expected = speed.seconds(plan.flops) / at_once();
  plan.speed = speed.basis;
  plan.placement = reason(weights);
  return plan;
}

std::vector<TrieSlice> Planner::cut(const PrefixTrie& trie) const {
  const Placement weights = placement(trie);
  const bool streamed = weights != Placement::kResident;
  const std::int64_t row_bytes = sharing_ * cost_.row_bytes;
  BatchLimits limits;
  limits.max_rows = room(weights, trie.longest_path(), 0, cost_.row_bytes);
  if (!streamed)  // resident weights gain nothing from more rows
    limits.max_rows = std::min(
        limits.max_rows, std::max<std::int64_t>({kBatchBytes / row_bytes, kRowsForResidentWeights,
                                                 std::int64_t{2} * trie.longest_path()}));
  limits.unhurried_rows = kRowsForResidentWeights;
  limits.max_flops = (streamed ? kStreamedBatchSeconds : kBatchSeconds) * nominal_speed();
  if (streamed) limits.batch_rows = kRowsForResidentWeights / 4;  // each reads all weights
  if (info_.models == 1) return cut_into_batches(trie, flops_, limits);
  // Where each batch reads all weights, small ones gain nothing.
  return tapered_batches(trie, flops_, limits, info_.models,
                         streamed ? kRowsForResidentWeights : kFewestRowsOfABatch);
}

GeneratorLimits Planner::generator_limits(std::span<const GenerateRequest> requests) const {
  GeneratorLimits limits;
  limits.max_batch = decoded_together_;
  limits.max_length = info_.max_length;
  limits.kv_slots = static_cast<std::int32_t>(std::min<std::int64_t>(
      kv_slots(requests, placement(requests)), std::numeric_limits<std::int32_t>::max()));
  return limits;
}

std::int64_t Planner::weight_bytes(Placement weights) const {
  const std::int64_t layer = cost_.layers_bytes / layers_;
  if (weights == Placement::kResident) {
    if (!device_memory(info_) || info_.pipeline_parallel == 1) return cost_.weight_bytes(false);
    std::int64_t most = stages_.back().size() * layer + cost_.head_bytes;
    for (const Range& stage : stages_) most = std::max(most, stage.size() * layer);
    return most;
  }
  // A keeper of spread weights has whole layers, and one of them the head too.
  const std::int64_t kept = (layers_ + info_.keepers - 1) / info_.keepers * layer;
  return cost_.weight_bytes(true) + (weights == Placement::kSpread ? kept + cost_.head_bytes : 0);
}

std::string Planner::reason(Placement weights) const {
  const std::string name = name_of(weights);
  if (placement_asked_for_ == name) return name + ": as --placement says";
  if (weights == Placement::kResident) return name + ": they fit beside the rows";
  std::string why =
      name + ": " + gib(static_cast<double>(holding_ * weight_bytes(Placement::kResident))) +
      " GiB do not fit beside the rows in " + gib(static_cast<double>(budget_)) + " GiB";
  if (weights == Placement::kSpread)
    why += "; one copy lies on " + std::to_string(info_.keepers) + " devices";
  return why;
}

std::int64_t Planner::base_bytes(Placement weights, std::int64_t longest) const {
  const std::int64_t copies = weights == Placement::kResident ? holding_ : sharing_;
  return copies * weight_bytes(weights) + cost_.shared_bytes +
         sharing_ * (cost_.fixed_bytes + longest * cost_.position_bytes);
}

std::int64_t Planner::room(Placement weights, std::int64_t longest, std::int64_t more,
                           std::int64_t unit_bytes) const {
  return (budget_ - base_bytes(weights, longest) - more) / (sharing_ * unit_bytes);
}

std::int64_t Planner::forward_bytes() const {
  return sharing_ *
         (GeneratorLimits().max_rows * cost_.row_bytes + decoded_together_ * cost_.logits_bytes);
}

std::int64_t Planner::kv_slots(std::span<const GenerateRequest> requests, Placement weights) const {
  const std::vector<std::int64_t> needs = kv_needs(requests, info_.max_length);
  const std::size_t together = std::min(needs.size(), static_cast<std::size_t>(decoded_together_));
  const std::int64_t wanted = std::accumulate(
      needs.begin(), needs.begin() + static_cast<std::ptrdiff_t>(together), std::int64_t{0});
  const std::int64_t fit = room(weights, needs.front(), forward_bytes(), cost_.kv_slot_bytes);
  return std::min(wanted, fit / KvPages::kPageSlots * KvPages::kPageSlots);
}

/// Neither kept nor streamed weights leave room: what is said is of those that leave more.
void Planner::refuse_memory(std::int64_t longest, std::int64_t more,
                            std::int64_t position_bytes) const {
  const std::int64_t position = sharing_ * position_bytes;
  const std::int64_t base =
      more + std::min(base_bytes(Placement::kResident, 0), base_bytes(Placement::kStreamed, 0));
  const auto needed = static_cast<double>(base + longest * position);
  std::string remedy = "; raise --memory to " + gib(std::ceil(needed / kGib * 100) / 100 * kGib);
  const std::int64_t fit = (budget_ - base) / position / KvPages::kPageSlots * KvPages::kPageSlots;
  if (fit > 0)
    remedy += ", or leave out what is longer with --max-length " + std::to_string(fit);
  else
    remedy += " or shorten the request";
  throw UserError("the longest request needs " + std::to_string(longest) + " rows and " +
                  gib(needed) + " GiB of memory, but the limit is " +
                  gib(static_cast<double>(budget_)) + " GiB" + remedy);
}

double Planner::at_once() const { return info_.devices * info_.processes; }

double Planner::busy_threads() const { return std::min(info_.threads, available_threads()); }

ExpectedSpeed Planner::expected_speed(Placement weights) const {
  ExpectedSpeed speed;
  if (device_speed_) {
    speed.flops = device_speed_->flops;
    speed.basis = device_speed_->basis;
  } else {
    speed.flops = measured_flops_per_thread(info_.isa) * busy_threads();
    speed.basis = "multiply-adds measured just now";
  }
  if (weights == Placement::kResident) return speed;
  if (weights == Placement::kSpread) {
    // Nobody has measured it yet: NVLink 4 as nccl-tests has it (NVIDIA/nccl-tests#212).
    constexpr double kPeerBytes = 370e9;
    const double away = 1 - 1.0 / info_.keepers;
    speed.weight_seconds = away * static_cast<double>(cost_.weight_bytes(false)) / kPeerBytes;
    speed.basis +=
        "; one copy of the weights is spread over the devices and read from there for each batch";
    return speed;
  }
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
