// Rows out of Arrow IPC: what Hugging Face's `datasets` library keeps on disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datasets/formats/column_type.h"
#include "datasets/formats/rows.h"

namespace flm {

/// Streams and files, uncompressed: numbers, booleans, text, lists, structs, dictionaries. Other
/// types and damage are UserErrors that name the file (and the column).
SourceRows arrow_rows(std::string_view bytes, const std::string& origin);

/// Of its columns, in their order. UserError for damage.
std::vector<ColumnType> arrow_types(std::string_view bytes, const std::string& origin);

}  // namespace flm
