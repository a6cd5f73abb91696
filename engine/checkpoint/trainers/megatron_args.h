// What Megatron-LM's argument namespace says of the model and of the training so far.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/formats/pickle_value.h"
#include "engine/checkpoint_state.h"

namespace flm {

/// The figures of `args` that cut the tensors.
struct MegatronRanks {
  std::int64_t tensor = 1, pipeline = 1, virtual_pipeline = 1, layers = 0;
};

/// The dict of a rank's file or of common.pt: {args, iteration, checkpoint_version, ...}. Refers to
/// it.
class MegatronArgs {
 public:
  /// CheckpointFault where there are no args or a number is missing.
  explicit MegatronArgs(const PickleValue& root);

  MegatronRanks ranks() const;
  std::optional<std::int64_t> iteration() const;
  /// Of the process that wrote the file; nothing where it is not said.
  std::optional<std::int64_t> writer() const;
  std::optional<std::int64_t> tokens_seen() const;  // consumed samples times their length
  std::optional<double> flops() const;
  /// A CheckpointFault for what is not read: experts, other norms and activations, interleaved
  /// rotary positions, checkpoints before version 2.
  void refuse_what_is_not_read() const;
  /// TrainerCheckpoint::differences.
  std::vector<std::string> differences(const ModelConfig& config) const;

 private:
  std::int64_t number(const char* name) const;
  std::optional<std::int64_t> number_or_nothing(const char* name) const;
  bool flag(const char* name) const;

  const PickleValue& root_;
  const PickleValue* args_;
};

/// Step, tokens and FLOPs.
void describe(const MegatronArgs& args, CheckpointState& state);

}  // namespace flm
