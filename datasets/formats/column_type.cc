#include "datasets/formats/column_type.h"

namespace flm {
namespace {

using Kind = ColumnType::Kind;

std::string unit_of(std::int64_t per_second) {
  return per_second == 1 ? "s" : per_second == 1000 ? "ms" : per_second == 1'000'000 ? "us" : "ns";
}

std::string fields_of(const ColumnType& type) {
  std::string out;
  for (const ColumnType& field : type.inside)
    out += (out.empty() ? "" : ", ") + field.name + ": " + type_name(field);
  return out;
}

}  // namespace

std::string type_name(const ColumnType& type) {
  switch (type.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kTruth:
      return "bool";
    case Kind::kWhole:
      return type.bits == 0 ? "int" : "int" + std::to_string(type.bits);
    case Kind::kFraction:
      return type.single ? "float" : "double";
    case Kind::kText:
      return "string";
    case Kind::kDate:
      return "date" + std::to_string(type.bits);
    case Kind::kClock:
      return "time" + std::to_string(type.bits) + "[" + unit_of(type.per_second) + "]";
    case Kind::kTimestamp:
      return "timestamp[" + unit_of(type.per_second) + (type.utc ? ", tz=UTC]" : "]");
    case Kind::kList:
      return "list<" + type_name(type.inside.at(0)) + ">";
    case Kind::kStruct:
      return "struct<" + fields_of(type) + ">";
    case Kind::kJson:
      return "several types";
    case Kind::kUnread:
      break;
  }
  return "a type that is not read";
}

}  // namespace flm
