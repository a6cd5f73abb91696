#include "datasets/formats/arrow/schema.h"

#include "base/text/printable.h"

namespace flm {
namespace {

using Kind = ArrowField::Kind;
constexpr int kDeepest = 32;

// Numbers of the union Type in Arrow's Schema.fbs.
enum : std::uint8_t {
  kTypeNull = 1,
  kTypeInt = 2,
  kTypeFloat = 3,
  kTypeBinary = 4,
  kTypeUtf8 = 5,
  kTypeBool = 6,
  kTypeDecimal = 7,
  kTypeDate = 8,
  kTypeTime = 9,
  kTypeTimestamp = 10,
  kTypeInterval = 11,
  kTypeList = 12,
  kTypeStruct = 13,
  kTypeFixedBinary = 15,
  kTypeFixedList = 16,
  kTypeMap = 17,
  kTypeDuration = 18,
  kTypeLargeBinary = 19,
  kTypeLargeUtf8 = 20,
  kTypeLargeList = 21,
  kTypeBinaryView = 23,
  kTypeUtf8View = 24
};

std::string why_not(const std::string& what, const std::string& name, const std::string& origin) {
  return "Arrow column " + printable(name) + " is " + what +
         ", which is not read; save the set as jsonl: " + origin;
}

[[noreturn]] void refuse(const std::string& what, const std::string& name,
                         const std::string& origin) {
  throw UserError(why_not(what, name, origin));
}

/// A type whose `buffers` can be passed over, so that the other columns are read.
void pass_over(ArrowField& field, const std::string& what, int buffers, const std::string& origin) {
  field.kind = Kind::kUnread;
  field.unread = why_not(what, field.name, origin);
  field.buffers = buffers;
}

void set_integer(ArrowField& field, const FlatTable& type, const std::string& origin) {
  field.bits = type.scalar<std::int32_t>(0, 0);
  field.kind = type.scalar<std::uint8_t>(1, 0) ? Kind::kSigned : Kind::kUnsigned;
  if (field.bits != 8 && field.bits != 16 && field.bits != 32 && field.bits != 64)
    refuse("an integer of " + std::to_string(field.bits) + " bits", field.name, origin);
}

/// Arrow's precisions: 0 half, 1 single, 2 double.
void set_float(ArrowField& field, int precision, const std::string& origin) {
  field.kind = Kind::kFloat;
  if (precision == 0) return pass_over(field, "a float of 16 bits", 1, origin);
  if (precision != 1 && precision != 2)
    refuse("a float of precision number " + std::to_string(precision), field.name, origin);
  field.bits = precision == 1 ? 32 : 64;
}

/// Arrow's units: 0 seconds, then a thousandth each.
std::int64_t per_second(int unit, const std::string& name, const std::string& origin) {
  static constexpr std::int64_t kUnits[] = {1, 1'000, 1'000'000, 1'000'000'000};
  if (unit < 0 || unit > 3) refuse("a time of unit number " + std::to_string(unit), name, origin);
  return kUnits[unit];
}

void set_date(ArrowField& field, const FlatTable& type) {
  field.kind = Kind::kDate;
  field.bits = type.scalar<std::int16_t>(0, 1) == 0 ? 32 : 64;  // days, milliseconds
}

void set_clock(ArrowField& field, const FlatTable& type, const std::string& origin) {
  field.kind = Kind::kClock;
  field.per_second = per_second(type.scalar<std::int16_t>(0, 1), field.name, origin);
  field.bits = type.scalar<std::int32_t>(1, 32);
  if (field.bits != 32 && field.bits != 64)
    refuse("a time of " + std::to_string(field.bits) + " bits", field.name, origin);
}

void set_timestamp(ArrowField& field, const FlatTable& type, const std::string& origin) {
  field.kind = Kind::kTimestamp;
  field.bits = 64;
  field.per_second = per_second(type.scalar<std::int16_t>(0, 0), field.name, origin);
  const std::string zone(type.text(1));
  field.utc = !zone.empty();
  if (field.utc && zone != "UTC" && zone != "+00:00")
    pass_over(field, "a time in the zone " + zone, 1, origin);
}

void set_type(ArrowField& field, std::uint8_t number, const std::optional<FlatTable>& type,
              const std::string& origin) {
  if (!type) refuse("of no type", field.name, origin);
  field.wide = number == kTypeLargeUtf8 || number == kTypeLargeList;
  field.view = number == kTypeUtf8View || number == kTypeBinaryView;
  switch (number) {
    case kTypeNull:
      field.kind = Kind::kNull;
      return;
    case kTypeBool:
      field.kind = Kind::kBool;
      return;
    case kTypeInt:
      return set_integer(field, *type, origin);
    case kTypeFloat:
      return set_float(field, type->scalar<std::int16_t>(0, 0), origin);
    case kTypeDate:
      return set_date(field, *type);
    case kTypeTime:
      return set_clock(field, *type, origin);
    case kTypeTimestamp:
      return set_timestamp(field, *type, origin);
    case kTypeUtf8:
    case kTypeLargeUtf8:
    case kTypeUtf8View:
      field.kind = Kind::kText;
      return;
    case kTypeList:
    case kTypeLargeList:
      field.kind = Kind::kList;
      return;
    case kTypeStruct:
      field.kind = Kind::kStruct;
      return;
    case kTypeFixedList:
      field.kind = Kind::kFixedList;
      field.list_size = type->scalar<std::int32_t>(0, 0);
      if (field.list_size < 0) refuse("a list of negative size", field.name, origin);
      return;
    case kTypeBinary:
    case kTypeLargeBinary:
      return pass_over(field, "binary", 2, origin);
    case kTypeFixedBinary:
    case kTypeBinaryView:
      return pass_over(field, "binary", 1, origin);
    case kTypeDecimal:
      return pass_over(field, "a decimal", 1, origin);
    case kTypeDuration:
      return pass_over(field, "a duration", 1, origin);
    case kTypeInterval:
      return pass_over(field, "an interval", 1, origin);
    case kTypeMap:
      return pass_over(field, "a map", 1, origin);
    default:
      refuse("of Arrow type number " + std::to_string(number), field.name, origin);
  }
}

ArrowField read_field(const FlatTable& table, int depth, const std::string& origin) {
  ArrowField field;
  field.name = table.text(0);
  if (depth > kDeepest) refuse("nested too deeply", field.name, origin);
  set_type(field, table.scalar<std::uint8_t>(2, 0), table.table(3), origin);
  if (const auto encoding = table.table(4)) {
    field.dictionary = encoding->scalar<std::int64_t>(0, 0);
    ArrowField index;
    index.name = field.name;
    index.kind = Kind::kSigned;
    index.bits = 32;
    if (const auto type = encoding->table(1)) set_integer(index, *type, origin);
    field.index = {index};
  }
  for (std::uint32_t c = 0; c < table.count(5); ++c)
    field.children.push_back(read_field(table.element(5, c), depth + 1, origin));
  const bool list = field.kind == Kind::kList || field.kind == Kind::kFixedList;
  if (list && field.children.size() != 1) refuse("a list without a type", field.name, origin);
  return field;
}

}  // namespace

std::vector<ArrowField> arrow_fields(const FlatTable& schema, const std::string& origin) {
  if (schema.scalar<std::int16_t>(0, 0) != 0)
    throw UserError("a big-endian Arrow file is not read: " + origin);
  std::vector<ArrowField> fields;
  for (std::uint32_t f = 0; f < schema.count(1); ++f)
    fields.push_back(read_field(schema.element(1, f), 0, origin));
  return fields;
}

}  // namespace flm
