// What is decided before anything runs: what stays in memory, where requests are cut into batches,
// what they cost, and what is refused because it does not fit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/backend/model_cost.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/cuda/device_speed.h"
#include "engine/engine.h"
#include "engine/generation/generator.h"
#include "engine/model/pipeline.h"
#include "engine/placement.h"
#include "engine/scoring/batch_time.h"
#include "engine/scoring/prefix_trie.h"

namespace flm {

/// The plan of one engine: a value, made of the model's shape, the memory and the machine. Requests
/// are sound (requests.h). One that does not fit the memory is a UserError with what it needs:
/// whatever is taken is taken with more memory, too.
class Planner {
 public:
  /// `cost`: of one rank. `budget`: bytes where any process of the job computes.
  Planner(const EngineOptions& options, const EngineInfo& info, const ModelConfig& config,
          const WeightTable& table, const ModelCost& cost, std::int64_t budget);

  /// Before requests are known. The model's own context says nothing of how long they are.
  Placement expected_placement() const;
  /// Weights stay where these requests fit beside them: all rows of a scoring run or a batch worth
  /// its while; the longest generation. Else one copy is spread over the devices of several
  /// replicas, where that fits; else they are streamed.
  Placement placement(const PrefixTrie& trie) const;
  Placement placement(std::span<const GenerateRequest> requests) const;

  EnginePlan plan(std::span<const ScoreRequest> requests) const;
  /// Prompts exactly; what is generated is not known before: the most that it can be.
  EnginePlan plan(std::span<const GenerateRequest> requests) const;

  /// The batches of score(): the same in every process on a machine.
  std::vector<TrieSlice> cut(const PrefixTrie& trie) const;
  /// Of generate(), with K/V slots for as many requests at once as are decoded together, or as fit.
  GeneratorLimits generator_limits(std::span<const GenerateRequest> requests) const;

 private:
  /// Ways that there are, the quickest first; the one that was asked for.
  std::vector<Placement> placements() const;
  /// Of one rank's weights on a device.
  std::int64_t weight_bytes(Placement weights) const;
  /// What is there whatever the batch, where the longest path has so many positions.
  std::int64_t base_bytes(Placement weights, std::int64_t longest) const;
  std::int64_t forward_bytes() const;  // of generation: the rows of one forward and its logits
  /// What is left for rows or K/V slots of a replica beside the longest path, in units of
  /// `unit_bytes` of a rank.
  std::int64_t room(Placement weights, std::int64_t longest, std::int64_t more,
                    std::int64_t unit_bytes) const;
  std::int64_t kv_slots(std::span<const GenerateRequest> requests, Placement weights) const;
  /// Where the weights are and why, for people.
  std::string reason(Placement weights) const;
  /// A request of `longest` positions, each of which takes `position_bytes` of a rank, `more`
  /// besides.
  [[noreturn]] void refuse_memory(std::int64_t longest, std::int64_t more,
                                  std::int64_t position_bytes) const;

  /// Devices, or hosts' shares of threads, that work at the same time.
  double at_once() const;
  double busy_threads() const;
  ExpectedSpeed expected_speed(Placement weights) const;
  double nominal_speed() const;

  const EngineInfo info_;
  const ModelFlops flops_;
  const ModelCost cost_;        // of one rank
  const std::int64_t sharing_;  // ranks in the memory that is planned: the host's, or a device's
  const std::int64_t holding_;  // of them that keep weights: on the CPU replicas have one copy
  const std::int64_t budget_;
  const std::optional<DeviceSpeed> device_speed_;  // of a GPU
  const std::int32_t decoded_together_;
  const std::int32_t length_asked_for_;  // --max-length; 0: none
  const std::string placement_asked_for_;
  const double weight_seconds_;  // until all streamed weights came once
  const int layers_;
  const std::vector<Range> stages_;
};

}  // namespace flm
