#include "engine/checkpoint/trainers/trainer_checkpoint.h"

#include "base/errors.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/dcp_checkpoint.h"
#include "engine/checkpoint/trainers/deepspeed.h"
#include "engine/checkpoint/trainers/megatron_dist.h"
#include "engine/checkpoint/trainers/megatron_torch.h"

namespace flm {

WeightsChoice weights_choice(const std::string& text) {
  if (text == "auto") return WeightsChoice::kAuto;
  if (text == "16bit") return WeightsChoice::k16Bit;
  if (text == "fp32") return WeightsChoice::kFp32;
  throw UserError("--weights must be auto, 16bit or fp32: " + text);
}

void refuse_choice(WeightsChoice choice) {
  throw UserError(
      std::string("the checkpoint has one kind of weights, not 16-bit ones and fp32 masters as "
                  "DeepSpeed's have; drop --weights ") +
      (choice == WeightsChoice::k16Bit ? "16bit" : "fp32"));
}

std::unique_ptr<TrainerCheckpoint> open_trainer_checkpoint(const FoundLayout& found,
                                                           WeightsChoice choice) {
  if (choice != WeightsChoice::kAuto && found.layout != Layout::kDeepSpeed) refuse_choice(choice);
  switch (found.layout) {
    case Layout::kMegatronTorch:
      return open_megatron_torch(found.folder);
    case Layout::kMegatronDist:
      return open_megatron_dist(found.folder);
    case Layout::kDcp:
      return open_dcp(found.folder);
    case Layout::kDeepSpeed:
      return open_deepspeed(found.folder, choice);
    case Layout::kNanotron:
      throw CheckpointFault(Completeness::kRefused,
                            "nanotron's layout is not read; convert it with nanotron's "
                            "examples/llama/convert_nanotron_to_hf.py");
    case Layout::kHuggingFace:
    case Layout::kNone:
      break;
  }
  throw_internal(__FILE__, __LINE__, "no trainer's layout: " + found.folder.string());
}

}  // namespace flm
