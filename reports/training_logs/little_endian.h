// Numbers of fixed width in foreign bytes, lowest byte first.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/errors.h"

namespace flm {

/// The unsigned integer at the begin of `bytes`, which are enough.
template <typename Unsigned>
Unsigned load_little_endian(std::string_view bytes) {
  FLM_CHECK(bytes.size() >= sizeof(Unsigned), "bytes for a number");
  Unsigned out = 0;
  for (std::size_t i = sizeof(Unsigned); i-- > 0;)
    out = static_cast<Unsigned>(out << 8 | static_cast<unsigned char>(bytes[i]));
  return out;
}

inline float load_float(std::string_view bytes) {
  return std::bit_cast<float>(load_little_endian<std::uint32_t>(bytes));
}
inline double load_double(std::string_view bytes) {
  return std::bit_cast<double>(load_little_endian<std::uint64_t>(bytes));
}

template <typename Unsigned>
std::string store_little_endian(Unsigned value) {
  std::string out;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
    out += static_cast<char>(value >> (8 * i) & 255);
  return out;
}

}  // namespace flm
