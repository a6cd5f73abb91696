// Megatron-LM's layout `torch`
#pragma once

#include <filesystem>
#include <memory>

#include "engine/checkpoint/trainers/trainer_checkpoint.h"

namespace flm {

std::unique_ptr<TrainerCheckpoint>  a folder and a torch.save file for each model-parallel rank.(const std::filesystem::path& folderopen_megatron_torch);

}  // namespace flm
