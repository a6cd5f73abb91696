// What the options of an engine say: the device, the operands, the context, the name of the
// numerics.
#pragma once

#include <string>
#include <vector>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/engine.h"

namespace flm {

/// The ordinals of --device cuda[:N[,N]...], each once; none: the CPU.
std::vector<int> cuda_ordinals(const std::string& device);
/// The first of them; -1: the CPU.
int cuda_ordinal(const std::string& device);
/// Bytes that the host can give: what was typed, else what is free.
std::int64_t host_memory(const EngineOptions& options);
/// Bytes that may be planned with where it computes.
std::int64_t memory_budget(const EngineOptions& options);
bool uses_bf16(const EngineOptions& options);
/// Models that work side by side.
int replicas_of(const EngineOptions& options);
/// A UserError for an option that cannot be, which names its value.
void check_options(const EngineOptions& options);
/// What Engine::info() says: the model, where it computes, and the name of the numerics.
EngineInfo engine_info(const EngineOptions& options, const ModelConfig& config,
                       const WeightTable& table);

}  // namespace flm
