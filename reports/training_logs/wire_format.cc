#include "reports/training_logs/wire_format.h"

#include <bit>

#include "reports/training_logs/little_endian.h"

namespace flm {
namespace {

void append_tag(std::string& out, std::uint32_t number, WireType type) {
  append_varint(out, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(type));
}

}  // namespace

double WireField::as_double() const { return std::bit_cast<double>(value); }

float WireField::as_float() const {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value));
}

std::optional<std::uint64_t> WireReader::varint() {
  std::uint64_t out = 0;
  for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    out |= std::uint64_t{byte & 127u} << shift;
    if (byte < 128) return out;
  }
  return std::nullopt;
}

std::optional<std::string_view> WireReader::take(std::uint64_t size) {
  if (size > rest_.size()) return std::nullopt;
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::optional<WireField> WireReader::fail() {
  broken_ = true;
  rest_ = {};
  return std::nullopt;
}

std::optional<WireField> WireReader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::optional<std::uint64_t> tag = varint();
  if (!tag || *tag >> 3 == 0 || *tag >> 32 != 0) return fail();
  WireField field{static_cast<std::uint32_t>(*tag >> 3), static_cast<WireType>(*tag & 7), 0, {}};
  switch (field.type) {
    case WireType::kVarint: {
      const auto value = varint();
      if (!value) return fail();
      field.value = *value;
      return field;
    }
    case WireType::kBytes: {
      const auto size = varint();
      const auto bytes = size ? take(*size) : std::nullopt;
      if (!bytes) return fail();
      field.bytes = *bytes;
      return field;
    }
    case WireType::kFixed32:
    case WireType::kFixed64: {
      const bool wide = field.type == WireType::kFixed64;
      const auto bytes = take(wide ? 8 : 4);
      if (!bytes) return fail();
      field.value = wide ? load_little_endian<std::uint64_t>(*bytes)
                         : load_little_endian<std::uint32_t>(*bytes);
      return field;
    }
  }
  return fail();
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}

void append_bytes(std::string& out, std::uint32_t number, std::string_view bytes) {
  append_tag(out, number, WireType::kBytes);
  append_varint(out, bytes.size());
  out += bytes;
}

void append_double(std::string& out, std::uint32_t number, double value) {
  append_tag(out, number, WireType::kFixed64);
  out += store_little_endian(std::bit_cast<std::uint64_t>(value));
}

void append_float(std::string& out, std::uint32_t number, float value) {
  append_tag(out, number, WireType::kFixed32);
  out += store_little_endian(std::bit_cast<std::uint32_t>(value));
}

void append_integer(std::string& out, std::uint32_t number, std::uint64_t value) {
  append_tag(out, number, WireType::kVarint);
  append_varint(out, value);
}

}  // namespace flm
