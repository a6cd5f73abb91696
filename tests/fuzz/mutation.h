// Seeded damage to a valid input: what a plain test can do of a fuzzer's work, the same every time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace flm::fuzz {

/// A copy of `seed` with one to four injuries (flipped bits, foreign bytes, cut, doubled or removed
/// pieces, extreme numbers, pieces of `other`), chosen by `number` alone.
std::string mutate(std::string_view seed, std::string_view other, std::uint64_t number);

}  // namespace flm::fuzz
