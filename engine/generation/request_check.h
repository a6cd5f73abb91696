// What a generation request may ask for.
#pragma once

#include <cstddef>

#include "engine/generation/generator.h"

namespace flm {

/// UserErrors for a request that can never run under the limits: its value and the remedy.
void check_generate_request(std::size_t index, const GenerateRequest& request,
                            const GeneratorLimits& limits);

}  // namespace flm
