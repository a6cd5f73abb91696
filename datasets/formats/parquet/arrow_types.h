// Types that only Arrow's own schema tells, which its writers put beside Parquet's.
#pragma once

#include <string>

#include "datasets/formats/parquet/thrift.h"

namespace flm {

/// UserError "Parquet column ..." for a duration, which is a bare number in Parquet, and for a time
/// in a zone other than UTC, which would print with that zone. `footer`: the FileMetaData.
void check_arrow_types(const ThriftValue& footer, const std::string& origin);

}  // namespace flm
