// A folder of torch.distributed.checkpoint (FSDP, torchtitan, accelerate), without configuration.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/checkpoint/trainers/trainer_checkpoint.h"

namespace flm {

std::unique_ptr<TrainerCheckpoint> open_dcp(const std::filesystem::path& folder);

}  // namespace flm
