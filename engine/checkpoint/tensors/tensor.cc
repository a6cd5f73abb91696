#include "engine/checkpoint/tensors/tensor.h"

#include <bit>
#include <cstring>

#include "base/errors.h"

namespace flm {
namespace {

/// Exact: every half-precision value, subnormal or not, is a float. NaN payloads are kept.
float float_of_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t exponent = (half >> 10) & 31, mantissa = half & 0x3FF;
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(static_cast<float>(mantissa) * 0x1p-24f);
  const std::uint32_t biased = exponent == 31 ? 255 : exponent + 112;
  const std::uint32_t normal = (biased << 23) | (mantissa << 13);
  return std::bit_cast<float>(sign | (exponent == 0 ? subnormal : normal));
}

float float_of_bfloat16(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

template <float (*convert)(std::uint16_t)>
void widen_16_bit(const std::byte* source, std::int64_t count, float* destination) {
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint16_t value;
    std::memcpy(&value, source + 2 * i, 2);
    destination[i] = convert(value);
  }
}

}  // namespace

std::size_t bytes_of(DType dtype) { return dtype == DType::kF32 ? 4 : 2; }

std::string name_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "F32";
    case DType::kF16:
      return "F16";
    case DType::kBF16:
      return "BF16";
  }
  FLM_CHECK(false, "unknown DType");
  return {};
}

void widen(const TensorView& source, std::int64_t begin, std::int64_t count, float* destination) {
  FLM_CHECK(begin >= 0 && count >= 0 && begin + count <= source.elements(),
            "widen outside the tensor");
  const std::byte* first = source.data + begin * static_cast<std::int64_t>(bytes_of(source.dtype));
  switch (source.dtype) {
    case DType::kF32:
      std::memcpy(destination, first, static_cast<std::size_t>(count) * 4);
      return;
    case DType::kF16:
      return widen_16_bit<float_of_half>(first, count, destination);
    case DType::kBF16:
      return widen_16_bit<float_of_bfloat16>(first, count, destination);
  }
}

}  // namespace flm
