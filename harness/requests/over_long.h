// Requests that are longer than the model's context, and lm-evaluation-harness's way with them.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/engine.h"

namespace flm {

/// Takes tokens away at the left until the request needs at most `max_length` model inputs, and
/// returns how many. What is scored stays: nothing is taken, and nothing returned, where it alone
/// needs more.
std::optional<std::int64_t> cut_left(ScoreRequest& request, int max_length);

/// The same, so that the new tokens have room behind the prompt, of which a token stays.
std::optional<std::int64_t> cut_left(GenerateRequest& request, int max_length);

}  // namespace flm
