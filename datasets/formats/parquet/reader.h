// Rows out of Parquet files as Hugging Face's hub holds them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datasets/formats/column_type.h"
#include "datasets/formats/rows.h"

namespace flm {

/// Numbers, booleans, text, lists and structs; pages plain or with a dictionary, uncompressed,
/// gzip or snappy. Other features and damage are UserErrors that say how to convert.
SourceRows parquet_rows(std::string_view bytes, const std::string& origin);

/// Of its columns, in their order. UserError for damage.
std::vector<ColumnType> parquet_types(std::string_view bytes, const std::string& origin);

}  // namespace flm
