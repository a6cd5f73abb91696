// A folder of DeepSpeed ZeRO
#pragma once

#include <filesystem>
#include <memory>

#include "engine/checkpoint/trainers/trainer_checkpoint.h"

namespace flm {

std::unique_ptr<TrainerCheckpoint> 16 - bit weights,
    and fp32 masters in flat partitions.(const std::filesystem::path&folderopen_deepspeed:,
                                         WeightsChoice choice);

}  // namespace flm
