#include "datasets/formats/data_formats.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "datasets/compression/packed_file.h"
#include "datasets/formats/arrow/reader.h"
#include "datasets/formats/data_table.h"
#include "datasets/formats/parquet/reader.h"
#include "datasets/formats/special_formats.h"
#include "datasets/formats/text_rows.h"

namespace flm {
namespace {

using Header = std::vector<std::string>;

/// A reader of files that name their columns themselves.
template <SourceRows (*read)(std::string_view, const std::string&)>
SourceRows without_header(std::string_view bytes, const Header&, const std::string& origin) {
  return read(bytes, origin);
}

/// A reader for which no bytes are wrong.
template <SourceRows (*read)(std::string_view)>
SourceRows without_fault(std::string_view bytes, const Header&, const std::string&) {
  return read(bytes);
}

using SaidTypes = std::vector<ColumnType> (*)(std::string_view, const std::string&);

/// A reader whose files have types of their own.
template <SourceRows (*read)(std::string_view, const std::string&), SaidTypes types>
std::vector<Json> typed_table(std::string_view bytes, const Json&, const std::string& origin,
                              DecidedTypes* decided) {
  std::vector<Json> rows = read(bytes, origin).rows;
  if (decided) decided->take(types(bytes, origin), rows, origin);
  return rows;
}

template <SaidTypes types>
DecidedTypes said_types(std::string_view bytes, const Json&, const std::string& origin) {
  return {types(bytes, origin), origin};
}

const std::vector<DataFormat>& data_formats() {
  static const std::vector<DataFormat> formats = {
      {"csv", ".csv", csv_rows, csv_table, csv_types},
      {"tsv", ".tsv", tsv_rows},
      {"json", ".json", without_header<json_rows>, json_table, json_types},
      {"jsonl", ".jsonl", without_header<jsonl_rows>},
      {"jsonl", ".ndjson", without_header<jsonl_rows>},
      {"text", ".txt", without_fault<line_rows>, text_table},
      {"arrow", ".arrow", without_header<arrow_rows>, typed_table<arrow_rows, arrow_types>,
       said_types<arrow_types>, true},
      {"parquet", ".parquet", without_header<parquet_rows>,
       typed_table<parquet_rows, parquet_types>, said_types<parquet_types>, true},
      {"c3", "", without_header<c3_rows>},
      {"wikitext", "", without_fault<wikitext_rows>},
  };
  return formats;
}

}  // namespace

const DataFormat* find_data_format(const std::string& name) {
  for (const DataFormat& format : data_formats())
    if (format.name == name) return &format;
  return nullptr;
}

void refuse_empty(std::string_view bytes, const std::string& origin) {
  if (bytes.find_first_not_of(" \t\r\n") == std::string_view::npos)
    throw UserError("the file is empty; it wants at least one row: " + origin);
}

SourceRows read_rows(std::string_view bytes, const std::string& format,
                     const std::vector<std::string>& header, const std::string& origin) {
  if (const DataFormat* known = find_data_format(format)) {
    refuse_empty(bytes, origin);
    return known->rows(bytes, header, origin);
  }
  std::string names;
  for (const DataFormat& one : data_formats())
    if (!one.ending.empty() && &one == find_data_format(one.name))
      names += (names.empty() ? "" : ", ") + one.name;
  throw UserError(origin + ": unknown format; known: " + names + ": " + format);
}

std::string format_of_name(std::string name) {
  name.resize(name.size() - packed_ending(name).size());
  for (const DataFormat& format : data_formats())
    if (!format.ending.empty() && name.ends_with(format.ending)) return format.name;
  return "";
}

}  // namespace flm
