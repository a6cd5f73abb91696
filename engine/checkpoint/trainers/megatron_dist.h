// Megatron-LM's layout `torch_dist`
#pragma once

#include <filesystem>
#include <memory>

#include "engine/checkpoint/trainers/trainer_checkpoint.h"

namespace flm {

std::unique_ptr<TrainerCheckpoint> torch.distributed.checkpoint with
    common.pt and metadata.json.(const std::filesystem::path& folderopen_megatron_dist);

}  // namespace flm
