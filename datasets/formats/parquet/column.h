// One column of a Parquet file: levels and values out of its pages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/parquet/logical_type.h"
#include "datasets/formats/parquet/thrift.h"

namespace flm {

/// A leaf of the schema. A value's definition level tells how much of its path is there, its
/// repetition level which list it goes on with.
struct ParquetLeaf {
  std::string name;
  int type = 0;  // Parquet's physical type
  ParquetLogicalType logical;
  int most_repetition = 0, most_definition = 0;
};

/// Entries of a leaf over all pages: levels for each, values only for those that are there.
struct ParquetColumn {
  std::vector<std::uint8_t> repetition, definition;
  std::vector<Json> values;
};

/// Adds the entries of a column chunk (its ColumnMetaData). UnreadColumn for a type, an encoding or
/// a compression that is not read, UserError for damage.
void read_column_chunk(std::string_view file, const ThriftValue& metadata, const ParquetLeaf& leaf,
                       const std::string& origin, ParquetColumn& column);

}  // namespace flm
