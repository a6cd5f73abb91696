// How Parquet stores a value.
#pragma once

namespace flm {

/// Numbers of Type in Parquet's parquet.thrift.
struct ParquetType {
  enum : int {
    kBoolean = 0,
    kInt32 = 1,
    kInt64 = 2,
    kInt96 = 3,
    kFloat = 4,
    kDouble = 5,
    kByteArray = 6,
    kFixedByteArray = 7
  };
};

}  // namespace flm
