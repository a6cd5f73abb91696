// Types that only Arrow's own schema tells, which its writers put beside Parquet's.
#pragma once

#include <map>
#include <string>

#include "datasets/formats/arrow/json_places.h"
#include "datasets/formats/parquet/thrift.h"

namespace flm {

/// Columns that are not read, and why: with a duration, which is a bare number in Parquet, or with
/// a time in a zone other than UTC, which would print with that zone. `footer`: the FileMetaData.
std::map<std::string, std::string> unread_arrow_types(const ThriftValue& footer,
                                                      const std::string& origin);

/// Texts that stand for what they say.
JsonPlaces json_places_of(const ThriftValue& footer, const std::string& origin);

}  // namespace flm
