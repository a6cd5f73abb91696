// The checksum of TensorBoard's records.
#pragma once

#include <cstdint>
#include <string_view>

namespace flm {

/// CRC-32C (Castagnoli), RFC 3720 appendix B.4.
std::uint32_t crc32c(std::string_view bytes);

/// As event files store it: rotated by 15 bits, plus a constant.
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace flm
