// What the numbers and bytes of a Parquet column mean: its logical type.
#pragma once

#include <cstdint>
#include <string>

#include "datasets/formats/parquet/thrift.h"

namespace flm {

enum class ParquetMeaning { kPlain, kText, kUnsigned, kDate, kClock, kTimestamp, kRefused };

struct ParquetLogicalType {
  ParquetMeaning meaning = ParquetMeaning::kPlain;
  std::int64_t per_second = 1;  // kClock, kTimestamp: 1000, 10^6 or 10^9
  bool utc = false;             // kTimestamp: an instant, not what a clock on a wall shows
  std::string name;             // kRefused: what it is
  bool narrow = false;          // kPlain: a whole number of 8 or 16 bits
};

/// Of a SchemaElement, by its logical type, else by its converted type. Bytes without either are
/// kRefused: no text.
ParquetLogicalType parquet_logical_type(const ThriftValue& element);

}  // namespace flm
