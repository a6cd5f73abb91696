#include "reports/training_logs/event_message.h"

#include <cmath>

#include "reports/training_logs/little_endian.h"
#include "reports/training_logs/wire_format.h"

namespace flm {
namespace {

// DataType of types.proto.
enum : std::uint64_t {
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kInt64 = 9,
  kBfloat16 = 14,
  kHalf = 19
};

/// IEEE half precision.
double half_of(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double size = exponent == 0    ? std::ldexp(fraction, -24)
                      : exponent == 31 ? (fraction == 0 ? HUGE_VAL : std::nan(""))
                                       : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -size : size;
}

double bfloat16_of(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

/// The only number in `bytes` (tensor_content, or a packed field of fixed width).
std::optional<double> number_in(std::uint64_t type, std::string_view bytes) {
  const auto whole = [&](std::size_t width) { return bytes.size() == width; };
  if (type == kFloat && whole(4)) return load_float(bytes);
  if (type == kDouble && whole(8)) return load_double(bytes);
  if (type == kInt32 && whole(4))
    return static_cast<std::int32_t>(load_little_endian<std::uint32_t>(bytes));
  if (type == kInt64 && whole(8))
    return static_cast<double>(static_cast<std::int64_t>(load_little_endian<std::uint64_t>(bytes)));
  if (type == kHalf && whole(2)) return half_of(load_little_endian<std::uint16_t>(bytes));
  if (type == kBfloat16 && whole(2)) return bfloat16_of(load_little_endian<std::uint16_t>(bytes));
  return std::nullopt;
}

/// A varint of a tensor: half and bfloat16 keep their bits in one, integers their value.
std::optional<double> number_of_varint(std::uint64_t type, std::uint64_t value) {
  if (type == kHalf) return half_of(static_cast<std::uint16_t>(value));
  if (type == kBfloat16) return bfloat16_of(static_cast<std::uint16_t>(value));
  if (type == kInt32 || type == kInt64)
    return static_cast<double>(static_cast<std::int64_t>(value));
  return std::nullopt;
}

/// A list of varints that is one.
std::optional<double> packed_varint(std::uint64_t type, std::string_view bytes) {
  std::string field(1, '\x08');  // field 1, varint
  field += bytes;
  WireReader reader(field);
  const auto value = reader.next();
  return value && !reader.next() && !reader.broken() ? number_of_varint(type, value->value)
                                                     : std::nullopt;
}

/// TensorProto: dtype 1, tensor_content 4, then a list for each type, packed or one by one.
std::optional<double> scalar_of_tensor(std::string_view tensor) {
  std::uint64_t type = 0;
  WireReader types(tensor);
  while (const auto field = types.next())
    if (field->number == 1) type = field->value;
  std::optional<double> out;
  int found = 0;
  WireReader reader(tensor);
  while (const auto field = reader.next()) {
    const std::uint32_t n = field->number;
    std::optional<double> value;
    if (n == 4 || n == 5 || n == 6) {  // tensor_content, float_val, double_val
      if (field->type == WireType::kBytes) value = number_in(type, field->bytes);
      if (field->type == WireType::kFixed32) value = field->as_float();
      if (field->type == WireType::kFixed64) value = field->as_double();
    } else if (n == 7 || n == 10 || n == 13) {  // int_val, int64_val, half_val
      value = field->type == WireType::kBytes ? packed_varint(type, field->bytes)
                                              : number_of_varint(type, field->value);
    }
    if (!value) continue;
    out = value;
    ++found;
  }
  return found == 1 && !reader.broken() ? out : std::nullopt;
}

/// Summary.Value: tag 1, simple_value 2, tensor 8.
void add_value(std::string_view bytes, EventMessage& event) {
  ScalarValue scalar;
  std::optional<double> value;
  WireReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->number == 1 && field->type == WireType::kBytes) scalar.tag = field->bytes;
    if (field->number == 2 && field->type == WireType::kFixed32) value = field->as_float();
    if (field->number == 8 && field->type == WireType::kBytes)
      value = scalar_of_tensor(field->bytes);
  }
  if (!value || reader.broken()) return;
  scalar.value = *value;
  event.scalars.push_back(scalar);
}

/// SessionLog: status 1, whose 1 is START.
bool is_start(std::string_view session) {
  WireReader reader(session);
  bool start = false;
  while (const auto field = reader.next())
    if (field->number == 1 && field->type == WireType::kVarint) start = field->value == 1;
  return start;
}

}  // namespace

std::optional<EventMessage> parse_event(std::string_view message) {
  EventMessage event;
  WireReader reader(message);
  while (const auto field = reader.next()) {
    const bool bytes = field->type == WireType::kBytes;
    if (field->number == 1 && field->type == WireType::kFixed64)
      event.wall_time = field->as_double();
    if (field->number == 2 && field->type == WireType::kVarint)
      event.step = static_cast<std::int64_t>(field->value);
    if (field->number == 5 && bytes) {
      WireReader summary(field->bytes);
      while (const auto value = summary.next())
        if (value->number == 1 && value->type == WireType::kBytes) add_value(value->bytes, event);
      if (summary.broken()) return std::nullopt;
    }
    if (field->number == 7 && bytes) event.session_start = is_start(field->bytes);
  }
  if (reader.broken()) return std::nullopt;
  return event;
}

}  // namespace flm
