#include "datasets/formats/parquet/thrift.h"

#include "base/errors.h"

namespace flm {
namespace {

constexpr int kDeepestStruct = 16;

enum : int {
  kWireTrue = 1,
  kWireFalse = 2,
  kWireByte = 3,
  kWireShort = 4,
  kWireInt = 5,
  kWireLong = 6,
  kWireDouble = 7,
  kWireBinary = 8,
  kWireList = 9,
  kWireSet = 10,
  kWireStruct = 12
};

class ThriftReader {
 public:
  ThriftReader(std::string_view& bytes, const std::string& origin)
      : bytes_(bytes), origin_(origin) {}

  ThriftValue read_struct(int depth) {
    if (depth > kDeepestStruct) damaged();
    ThriftValue out;
    for (int field = 0;;) {
      const std::uint8_t head = byte();
      if (head == 0) return out;
      const int delta = head >> 4, type = head & 15;
      const std::int64_t next = delta ? field + delta : zigzag(varint());
      if (next < 0 || next > 32767) damaged();
      field = static_cast<int>(next);
      out.fields[field] = type == kWireTrue || type == kWireFalse ? flag(type) : value(type, depth);
    }
  }

 private:
  [[noreturn]] void damaged() const {
    throw UserError("damaged Parquet metadata; fetch the file again: " + origin_);
  }

  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size()) damaged();
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }

  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }

  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      out |= std::uint64_t{next & 127u} << shift;
      if (next < 128) return out;
    }
    damaged();
  }

  static std::int64_t zigzag(std::uint64_t n) {
    return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
  }

  static ThriftValue flag(int type) {
    ThriftValue out;
    out.number = type == kWireTrue;
    return out;
  }

  ThriftValue value(int type, int depth) {
    ThriftValue out;
    switch (type) {
      case kWireTrue:
      case kWireFalse:
        return flag(byte());  // inside a list
      case kWireByte:
        out.number = static_cast<std::int8_t>(byte());
        return out;
      case kWireShort:
      case kWireInt:
      case kWireLong:
        out.number = zigzag(varint());
        return out;
      case kWireDouble:
        take(8);
        return out;
      case kWireBinary:
        out.bytes = take(varint());
        return out;
      case kWireList:
      case kWireSet:
        return list(depth);
      case kWireStruct:
        return read_struct(depth + 1);
      default:
        damaged();
    }
  }

  ThriftValue list(int depth) {
    if (depth > kDeepestStruct) damaged();
    const std::uint8_t head = byte();
    const std::uint64_t count = head >> 4 == 15 ? varint() : head >> 4;
    if (count > bytes_.size()) damaged();  // every member has a byte
    ThriftValue out;
    for (std::uint64_t i = 0; i < count; ++i) out.items.push_back(value(head & 15, depth + 1));
    return out;
  }

  std::string_view& bytes_;
  const std::string& origin_;
};

}  // namespace

const ThriftValue& ThriftValue::operator[](int field) const {
  static const ThriftValue nothing;
  const auto found = fields.find(field);
  return found == fields.end() ? nothing : found->second;
}

ThriftValue read_thrift(std::string_view& bytes, const std::string& origin) {
  return ThriftReader(bytes, origin).read_struct(0);
}

}  // namespace flm
