// A folder of DeepSpeed ZeRO: 16-bit weights, and fp32 masters in flat partitions.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/checkpoint/trainers/trainer_checkpoint.h"

namespace flm {

std::unique_ptr<TrainerCheckpoint> open_deepspeed(const std::filesystem::path& folder,
                                                  WeightsChoice choice);

}  // namespace flm
