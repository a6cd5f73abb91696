#include "datasets/formats/data_table.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "base/text/byte_order_mark.h"
#include "base/text/printable.h"
#include "base/text/utf8.h"
#include "datasets/formats/cells.h"
#include "datasets/formats/csv.h"
#include "datasets/formats/csv_types.h"
#include "datasets/formats/field_columns.h"
#include "datasets/formats/json_lines.h"
#include "datasets/formats/json_types.h"
#include "datasets/formats/pandas_json.h"
#include "datasets/formats/text_rows.h"

namespace flm {
namespace {

char separator_of(const Json& kwargs) {
  for (const char* key : {"sep", "delimiter"}) {
    if (!kwargs.contains(key) || kwargs[key].is_null()) continue;
    if (!kwargs[key].is_string() || kwargs[key].get<std::string>().size() != 1)
      throw UserError(std::string("dataset_kwargs: ") + key +
                      " must be one byte: " + kwargs[key].dump());
    return kwargs[key].get<std::string>()[0];
  }
  return ',';
}

[[noreturn]] void wrong_kwarg(const char* key, const char* wanted, const Json& found) {
  throw UserError(std::string("dataset_kwargs: ") + key + " must be " + wanted + ": " +
                  found.dump());
}

std::vector<std::string> names_of(const Json& kwargs) {
  for (const char* key : {"column_names", "names"}) {
    if (!kwargs.contains(key) || kwargs[key].is_null()) continue;
    const Json& names = kwargs[key];
    if (!names.is_array() ||
        !std::all_of(names.begin(), names.end(), [](const Json& name) { return name.is_string(); }))
      wrong_kwarg(key, "a list of names", names);
    return names.get<std::vector<std::string>>();
  }
  return {};
}

/// The names of a header's cells as pandas makes them: one without a name is "Unnamed: 3", and the
/// second "a" is "a.1".
std::vector<std::string> header_names(std::vector<std::string> names) {
  std::vector<std::size_t> order, unnamed;
  for (std::size_t c = 0; c < names.size(); ++c) {
    (names[c].empty() ? unnamed : order).push_back(c);
    if (names[c].empty()) names[c] = "Unnamed: " + std::to_string(c);
  }
  order.insert(order.end(), unnamed.begin(), unnamed.end());
  std::map<std::string, int> counts;
  for (std::size_t c : order) {
    const std::string old = names[c];
    std::string name = old;
    int count = counts[name];
    while (count > 0) {
      counts[old] = count + 1;
      name = old + "." + std::to_string(count);
      const bool taken = std::find(names.begin(), names.end(), name) != names.end();
      count = taken ? count + 1 : counts[name];
    }
    names[c] = name;
    counts[name] = count + 1;
  }
  return names;
}

std::string with_plain_line_ends(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != '\r') {
      out.push_back(bytes[i]);
    } else if (i + 1 == bytes.size() || bytes[i + 1] != '\n') {
      out.push_back('\n');
    }
  }
  return out;
}

void refuse_other_encodings(std::string_view bytes, const std::string& origin) {
  if (utf8_valid(bytes)) return;
  std::size_t at = 0, line = 1;
  for (;; ++line) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    if (!utf8_valid(bytes.substr(at, end - at))) break;
    at = end + 1;
  }
  throw UserError(origin + ":" + std::to_string(line) + ": not UTF-8; save the text as UTF-8");
}

std::string text_kwarg(const Json& kwargs, const char* key, const char* otherwise) {
  if (!kwargs.contains(key)) return otherwise;
  if (!kwargs[key].is_string()) wrong_kwarg(key, "text", kwargs[key]);
  return kwargs[key].get<std::string>();
}

bool truth_kwarg(const Json& kwargs, const char* key) {
  if (!kwargs.contains(key)) return false;
  if (!kwargs[key].is_boolean()) wrong_kwarg(key, "true or false", kwargs[key]);
  return kwargs[key].get<bool>();
}

std::vector<std::string> text_samples(const std::string& text, const Json& kwargs) {
  const std::string by = text_kwarg(kwargs, "sample_by", "line");
  if (by == "document") return {text};
  if (by != "line" && by != "paragraph")
    throw UserError("dataset_kwargs: sample_by must be line, paragraph or document: " + by);
  const std::string end = by == "line" ? "\n" : "\n\n";
  const bool keep = by == "line" && truth_kwarg(kwargs, "keep_linebreaks");
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t found = std::min(text.find(end, at), text.size());
    const std::size_t next = std::min(found + end.size(), text.size());
    std::string sample = text.substr(at, (keep ? next : found) - at);
    if (by == "line" || !sample.empty()) out.push_back(std::move(sample));
    at = next;
  }
  return out;
}

/// A list of texts is the column `text`. pandas writes the rows of a list as lines.
std::vector<Json> listed_rows(std::string_view bytes, const std::string& origin) {
  Json all = parse_foreign_json(bytes, origin, JsonReader::kPandas);
  const bool objects = std::any_of(all.begin(), all.end(), is_object);
  std::vector<Json> rows;
  for (Json& item : all) {
    if (objects && !item.is_object())
      throw UserError(origin + ": row " + std::to_string(rows.size()) +
                      " is not a JSON object: " + printable(item.dump()));
    rows.push_back(objects ? std::move(item) : Json{{"text", std::move(item)}});
    if (bytes.starts_with('[')) write_by_pandas(rows.back());
  }
  return rows;
}

bool is_list_of_rows(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && bytes[first] == '[';
}

bool has_field(const Json& kwargs) {
  return kwargs.contains("field") && !kwargs["field"].is_null();
}

/// The rows of an object of columns, as pandas reads them.
Json rows_of_columns(const Json& columns, const std::string& origin, const std::string& field) {
  const auto fits = [&](const Json& column) {
    return column.is_array() && column.size() == columns.begin()->size();
  };
  if (columns.empty() || !std::all_of(columns.begin(), columns.end(), fits))
    throw UserError(origin + ": must hold a list of rows, or lists of one length by column: " +
                    printable(field));
  Json rows = Json::array();
  for (std::size_t i = 0; i < columns.begin()->size(); ++i) {
    Json row = Json::object();
    for (const auto& [name, column] : columns.items()) row[name] = column[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

/// The rows under the key that `field` names, typed.
std::vector<Json> field_table(std::string_view bytes, const Json& kwargs, const std::string& origin,
                              DecidedTypes* decided) {
  const std::string field = text_kwarg(kwargs, "field", "");
  const Json all = parse_foreign_json(bytes, origin, JsonReader::kPandas);
  if (!all.is_object() || !all.contains(field))
    throw UserError(origin + ": has no key that dataset_kwargs names as field: " + field);
  const Json held =
      all[field].is_object() ? rows_of_columns(all[field], origin, field) : all[field];
  std::vector<Json> rows = json_rows(held.dump(), origin).rows;
  for (Json& row : rows) write_by_pandas(row);
  for (Json& row : rows) read_by_pandas(row);
  type_field_columns(rows, origin);
  const std::vector<ColumnType> types = type_field_rows(rows);
  if (decided) decided->take(types, rows, origin);
  return rows;
}

void type_part(std::vector<Json>& rows, const std::string& origin, DecidedTypes* decided,
               bool one_a_line = true) {
  const std::vector<ColumnType> types =
      type_json_lines(rows, decided ? decided->columns() : nullptr, one_a_line);
  if (decided) decided->take(types, rows, origin);
}

/// The cells of a table below its header.
struct CsvTable {
  std::vector<std::string> names;
  std::vector<CsvRecord> records;
};

/// `most`: of its rows.
CsvTable csv_cells(std::string_view bytes, const Json& kwargs, const std::string& origin,
                   std::size_t most) {
  CsvTable out{names_of(kwargs), parse_csv(bytes, separator_of(kwargs), origin, most + 1)};
  if (out.names.empty()) {
    if (out.records.empty()) throw UserError(origin + ": an empty table; it needs a header line");
    out.names = header_names(out.records[0].cells);
    out.records.erase(out.records.begin());
  }
  for (const CsvRecord& record : out.records) {
    if (record.cells.size() > out.names.size())
      throw UserError(origin + ":" + std::to_string(record.line) + ": " +
                      std::to_string(record.cells.size()) + " cells where the table has " +
                      std::to_string(out.names.size()) + " columns");
  }
  if (out.records.size() > most) out.records.resize(most);
  return out;
}

/// Rows from `first` on, whose cells are taken out of the table.
std::vector<Json> csv_part(CsvTable& table, std::size_t first, std::size_t count,
                           const std::string& origin, std::vector<ColumnType>& types) {
  std::vector<Json> rows(count, Json::object());
  for (Json& row : rows) row.get_ref<Json::object_t&>().reserve(table.names.size());
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    std::vector<std::string> cells(count);
    for (std::size_t i = 0; i < count; ++i)
      if (c < table.records[first + i].cells.size())
        cells[i] = std::move(table.records[first + i].cells[c]);
    std::vector<Json> column = typed_cells(cells, table.names[c], origin);
    types.push_back(type_of_cells(column));
    types.back().name = table.names[c];
    for (std::size_t i = 0; i < count; ++i) rows[i][table.names[c]] = std::move(column[i]);
  }
  return rows;
}

constexpr std::size_t kRowsOfAPart = 10'000;  // that pandas reads of a table for the library

std::vector<Json> csv_parts(CsvTable table, const std::string& origin, DecidedTypes* decided) {
  std::vector<Json> out;
  out.reserve(table.records.size());
  for (std::size_t first = 0; first < table.records.size(); first += kRowsOfAPart) {
    const std::size_t count = std::min(kRowsOfAPart, table.records.size() - first);
    std::vector<ColumnType> types;
    std::vector<Json> rows = csv_part(table, first, count, origin, types);
    if (decided) decided->take(types, rows, origin);
    std::move(rows.begin(), rows.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace

std::vector<Json> csv_table(std::string_view bytes, const Json& kwargs, const std::string& origin,
                            DecidedTypes* decided) {
  constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max() - 1;
  return csv_parts(csv_cells(bytes, kwargs, origin, kAll), origin, decided);
}

DecidedTypes csv_types(std::string_view bytes, const Json& kwargs, const std::string& origin) {
  DecidedTypes out;
  csv_parts(csv_cells(bytes, kwargs, origin, kRowsOfAPart), origin, &out);
  return out;
}

std::vector<Json> text_table(std::string_view bytes, const Json& kwargs, const std::string& origin,
                             DecidedTypes*) {
  refuse_other_encodings(bytes, origin);
  std::vector<Json> rows;
  for (std::string& sample : text_samples(with_plain_line_ends(bytes), kwargs)) {
    Json row = Json::object();
    row["text"] = std::move(sample);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Json> json_table(std::string_view bytes, const Json& kwargs, const std::string& origin,
                             DecidedTypes* decided) {
  bytes = without_byte_order_mark(bytes);
  if (has_field(kwargs)) return field_table(bytes, kwargs, origin, decided);
  std::vector<Json> rows;
  if (is_list_of_rows(bytes)) {
    rows = listed_rows(bytes, origin);
    type_part(rows, origin, decided);
    return rows;
  }
  int line = 0;
  while (!bytes.empty()) {
    const std::string_view part_bytes = first_json_batch(bytes);
    bytes.remove_prefix(part_bytes.size());
    auto [part, one_a_line] = json_line_rows(part_bytes, origin, line);
    line += static_cast<int>(std::count(part_bytes.begin(), part_bytes.end(), '\n'));
    type_part(part, origin, decided, one_a_line);
    std::move(part.begin(), part.end(), std::back_inserter(rows));
  }
  return rows;
}

DecidedTypes json_types(std::string_view bytes, const Json& kwargs, const std::string& origin) {
  bytes = without_byte_order_mark(bytes);
  const bool whole = has_field(kwargs) || is_list_of_rows(bytes);
  DecidedTypes out;
  json_table(whole ? bytes : first_json_batch(bytes), kwargs, origin, &out);
  return out;
}

}  // namespace flm
