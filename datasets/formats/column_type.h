// What the columns of a file hold, where the file itself says it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flm {

struct ColumnType {
  enum class Kind {
    kNull,
    kTruth,
    kWhole,
    kFraction,
    kText,
    kDate,
    kClock,
    kTimestamp,
    kList,
    kStruct,
    kJson,   // values of several kinds, which the `datasets` library keeps as JSON
    kUnread  // its cells are no values
  };
  std::string name;
  Kind kind = Kind::kNull;
  bool single = false;          // kFraction: of 32 bits
  std::int64_t per_second = 1;  // kClock, kTimestamp
  bool utc = false;             // kTimestamp
  int bits = 0;  // kWhole with a sign, kDate, kClock, kTimestamp: of the number, 32 or 64; else 0
  std::vector<ColumnType> inside;  // kList: one; kStruct: its fields
  bool operator==(const ColumnType&) const = default;
};

/// As Arrow names it: "int64", "list<string>", "struct<a: double>".
std::string type_name(const ColumnType& type);

}  // namespace flm
