// Megatron-LM's layout torch: a folder and a torch.save file for each model-parallel rank.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/checkpoint/trainers/trainer_checkpoint.h"

namespace flm {

std::unique_ptr<TrainerCheckpoint> open_megatron_torch(const std::filesystem::path& folder);

}  // namespace flm
