// The columns of one Arrow batch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/arrow/schema.h"

namespace flm {

/// Words of the dictionary-encoded columns, by the dictionary's id.
using ArrowDictionaries = std::map<std::int64_t, std::vector<Json>>;

/// The values of `fields`, a column each, out of a RecordBatch table and its body. `file_size`:
/// bytes of the whole file. Damage is a UserError that names `origin`.
std::vector<std::vector<Json>> arrow_columns(const std::vector<ArrowField>& fields,
                                             const FlatTable& batch, std::string_view body,
                                             const ArrowDictionaries& dictionaries,
                                             std::uint64_t file_size, const std::string& origin);

}  // namespace flm
