// datasets/parquet_reader: any bytes give rows, which are cast to other types, or a UserError.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/errors.h"
#include "datasets/formats/column_casts.h"
#include "datasets/formats/parquet/reader.h"
#include "tests/fuzz/message.h"

namespace {

using Kind = flm::ColumnType::Kind;

/// The same columns, of another kind; what lies inside lists and objects, too.
std::vector<flm::ColumnType> with_kind(std::vector<flm::ColumnType> types, Kind kind) {
  for (flm::ColumnType& type : types) {
    if (type.kind == Kind::kList || type.kind == Kind::kStruct)
      type.inside = with_kind(type.inside, kind);
    else
      type.kind = kind;
  }
  return types;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    std::vector<flm::Json> rows = flm::parquet_rows(bytes, "fuzz").rows;
    const std::vector<flm::ColumnType> types = flm::parquet_types(bytes, "fuzz");
    flm::cast_to_types(types, types, rows);
    for (const auto kind : {Kind::kText, Kind::kFraction, Kind::kWhole, Kind::kTimestamp}) {
      std::vector<flm::Json> cast = rows;
      flm::cast_to_types(with_kind(types, kind), types, cast);
    }
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
