// One checkpoint as a trainer writes it, opened and proven whole: its tensors under Hugging Face's
// names. Formats: Megatron-LM, torch.distributed.checkpoint, DeepSpeed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/tensors/stored_tensor.h"
#include "engine/checkpoint/trainers/layout.h"
#include "engine/checkpoint_state.h"

namespace flm {

/// Where a checkpoint has 16-bit weights and fp32 masters: auto takes what the forward pass used.
enum class WeightsChoice { kAuto, k16Bit, kFp32 };
/// auto, 16bit, fp32; UserError otherwise.
WeightsChoice weights_choice(const std::string& text);

/// The UserError of a choice where there is none.
[[noreturn]] void refuse_choice(WeightsChoice choice);

/// Opening reads headers alone and throws a CheckpointFault where the checkpoint is not whole, or
/// is of a kind that is not read. Immutable; any thread.
class TrainerCheckpoint {
 public:
  virtual ~TrainerCheckpoint() = default;

  /// Fills in what its contents say: step, tokens, FLOPs, warnings.
  virtual void describe(CheckpointState& state) const = 0;
  /// "num_layers is 4 in the checkpoint, num_hidden_layers 3 in config.json" for every figure that
  /// both know and that differs; empty where all agree.
  virtual std::vector<std::string> differences(const ModelConfig&) const { return {}; }
  /// The weights under Hugging Face's names; those that the model does not have, too. UserErrors
  /// name the tensor.
  virtual std::vector<StoredTensor> tensors(const ModelConfig& config) const = 0;
};

/// `found.layout` is a trainer's. CheckpointFault as above; other UserErrors are of damaged or
/// hostile files.
std::unique_ptr<TrainerCheckpoint> open_trainer_checkpoint(const FoundLayout& found,
                                                           WeightsChoice choice);

}  // namespace flm
