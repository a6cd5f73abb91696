#include "datasets/formats/parquet/logical_type.h"

#include "datasets/formats/parquet/physical_type.h"

namespace flm {
namespace {

using Meaning = ParquetMeaning;

// Numbers of Parquet's parquet.thrift.
enum Field { kType = 1, kConverted = 6, kLogical = 10 };
enum Logical {
  kString = 1,
  kEnumLogical = 4,
  kDecimal = 5,
  kDate = 6,
  kTime = 7,
  kTimestamp = 8,
  kInteger = 10,
  kUnknown = 11,
  kJsonLogical = 12,
  kBson = 13,
  kUuid = 14,
  kFloat16 = 15
};

ParquetLogicalType refused(const std::string& name) { return {Meaning::kRefused, 1, false, name}; }

/// A TimeUnit: a union of empty structs.
std::int64_t per_second(const ThriftValue& unit) {
  if (unit.has(1)) return 1'000;
  return unit.has(2) ? 1'000'000 : 1'000'000'000;
}

ParquetLogicalType of_time(Meaning meaning, const ThriftValue& time) {
  return {meaning, per_second(time[2]), meaning == Meaning::kTimestamp && time[1].number != 0, ""};
}

ParquetLogicalType of_logical(const ThriftValue& logical) {
  for (int text : {kString, kEnumLogical, kJsonLogical})
    if (logical.has(text)) return {Meaning::kText, 1, false, ""};
  if (logical.has(kDate)) return {Meaning::kDate, 1, false, ""};
  if (logical.has(kTime)) return of_time(Meaning::kClock, logical[kTime]);
  if (logical.has(kTimestamp)) return of_time(Meaning::kTimestamp, logical[kTimestamp]);
  if (logical.has(kInteger))
    return {logical[kInteger][2].number != 0 ? Meaning::kPlain : Meaning::kUnsigned, 1, false, "",
            logical[kInteger][1].number < 32};
  if (logical.has(kDecimal)) return refused("a decimal");
  if (logical.has(kBson)) return refused("BSON");
  if (logical.has(kUuid)) return refused("a UUID");
  if (logical.has(kFloat16)) return refused("a float of 16 bits");
  if (logical.has(kUnknown)) return {};  // nulls alone
  return refused("of a logical type that this reader does not know");
}

/// ConvertedType, which older writers give.
ParquetLogicalType of_converted(std::int64_t number) {
  switch (number) {
    case 0:   // UTF8
    case 4:   // ENUM
    case 19:  // JSON
      return {Meaning::kText, 1, false, ""};
    case 5:
      return refused("a decimal");
    case 6:
      return {Meaning::kDate, 1, false, ""};
    case 7:
      return {Meaning::kClock, 1'000, false, ""};
    case 8:
      return {Meaning::kClock, 1'000'000, false, ""};
    case 9:
      return {Meaning::kTimestamp, 1'000, true, ""};
    case 10:
      return {Meaning::kTimestamp, 1'000'000, true, ""};
    case 11:
    case 12:
    case 13:
    case 14:
      return {Meaning::kUnsigned, 1, false, ""};
    case 15:
    case 16:
      return {Meaning::kPlain, 1, false, "", true};
    case 17:
    case 18:
      return {};
    default:
      return refused("of converted type number " + std::to_string(number));
  }
}

}  // namespace

ParquetLogicalType parquet_logical_type(const ThriftValue& element) {
  const std::int64_t type = element[kType].number;
  const bool bytes = type == ParquetType::kByteArray || type == ParquetType::kFixedByteArray;
  ParquetLogicalType out;
  if (element.has(kLogical))
    out = of_logical(element[kLogical]);
  else if (element.has(kConverted))
    out = of_converted(element[kConverted].number);
  else if (bytes)
    return refused("binary");
  const bool number = type == ParquetType::kInt32 || type == ParquetType::kInt64;
  const bool fits = out.meaning == Meaning::kRefused || out.meaning == Meaning::kPlain ||
                    (out.meaning == Meaning::kText ? bytes : number);
  return fits ? out : refused("of a logical type that does not fit its bytes");
}

}  // namespace flm
