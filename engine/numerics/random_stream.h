// Random numbers by counter: the same for a request wherever and with whatever it runs.
#pragma once

#include <cstdint>
#include <span>

namespace flm {

/// 64-bit hash of the prompt's tokens and their number.
std::uint64_t hash_prompt(std::span<const std::int32_t> prompt);

/// Uniform in [0, 1), 53 bits, a pure function of its key.
double uniform(std::uint64_t seed, std::uint64_t prompt_key, std::uint32_t repeat,
               std::uint32_t step);

}  // namespace flm
