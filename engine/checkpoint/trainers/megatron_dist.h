// Megatron-LM's layout torch_dist: torch.distributed.checkpoint with common.pt and metadata.json.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/checkpoint/trainers/trainer_checkpoint.h"

namespace flm {

std::unique_ptr<TrainerCheckpoint> open_megatron_dist(const std::filesystem::path& folder);

}  // namespace flm
