#include "datasets/formats/data_table.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/errors.h"
#include "base/text/byte_order_mark.h"
#include "datasets/formats/csv.h"
#include "datasets/formats/csv_types.h"
#include "datasets/formats/field_columns.h"
#include "datasets/formats/text_rows.h"
#include "datasets/formats/times.h"

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

using Values = std::vector<Json*>;  // of one column over all rows, null left out

bool all_of(const Values& values, bool (*holds)(const Json&)) {
  return !values.empty() &&
         std::all_of(values.begin(), values.end(), [&](Json* v) { return holds(*v); });
}

/// `times`: texts may become times.
void unify(const Values& values, bool times) {
  if (all_of(values, [](const Json& v) { return v.is_number(); })) {
    if (std::none_of(values.begin(), values.end(), [](Json* v) { return v->is_number_float(); }))
      return;
    for (Json* value : values) *value = value->get<double>();
  } else if (times && all_of(values, [](const Json& v) { return v.is_string(); })) {
    for (Json* value : values)
      if (!printed_iso_time(value->get_ref<const std::string&>())) return;
    for (Json* value : values) *value = *printed_iso_time(value->get<std::string>());
  } else if (all_of(values, [](const Json& v) { return v.is_array(); })) {
    Values inside;
    for (Json* value : values)
      for (Json& item : *value)
        if (!item.is_null()) inside.push_back(&item);
    unify(inside, times);
  } else if (all_of(values, [](const Json& v) { return v.is_object(); })) {
    std::map<std::string, Values> columns;
    for (Json* value : values)
      for (auto& [key, item] : value->items())
        if (!item.is_null()) columns[key].push_back(&item);
    for (const auto& [key, column] : columns) unify(column, times);
  }
}

}  // namespace

std::vector<Json> csv_table(std::string_view bytes, const Json& kwargs, const std::string& origin) {
  std::vector<CsvRecord> records = parse_csv(bytes, separator_of(kwargs), origin);
  std::vector<std::string> names = names_of(kwargs);
  if (names.empty()) {
    if (records.empty()) throw UserError(origin + ": an empty table; it needs a header line");
    names = header_names(records[0].cells);
    records.erase(records.begin());
  }
  std::vector<Json> rows(records.size(), Json::object());
  for (const CsvRecord& record : records) {
    if (record.cells.size() > names.size())
      throw UserError(origin + ":" + std::to_string(record.line) + ": " +
                      std::to_string(record.cells.size()) + " cells where the table has " +
                      std::to_string(names.size()) + " columns");
  }
  for (std::size_t c = 0; c < names.size(); ++c) {
    std::vector<std::string> cells;
    for (const CsvRecord& record : records)
      cells.push_back(c < record.cells.size() ? record.cells[c] : "");
    std::vector<Json> column = typed_cells(cells, names[c], origin);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i][names[c]] = std::move(column[i]);
  }
  return rows;
}

std::vector<Json> text_table(std::string_view bytes, const Json& kwargs, const std::string&) {
  std::vector<Json> rows;
  for (std::string& sample : text_samples(with_plain_line_ends(bytes), kwargs)) {
    Json row = Json::object();
    row["text"] = std::move(sample);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Json> json_table(std::string_view bytes, const Json& kwargs,
                             const std::string& origin) {
  if (!kwargs.contains("field") || kwargs["field"].is_null()) return json_rows(bytes, origin).rows;
  const std::string field = text_kwarg(kwargs, "field", "");
  const Json all = parse_json(without_byte_order_mark(bytes), origin);
  if (!all.is_object() || !all.contains(field))
    throw UserError(origin + ": has no key that dataset_kwargs names as field: " + field);
  std::vector<Json> rows = json_rows(all[field].dump(), origin).rows;
  type_field_columns(rows, origin);
  return rows;
}

void unify_json_types(std::vector<Json>& rows, const Json& kwargs) {
  const bool of_field = kwargs.contains("field") && !kwargs["field"].is_null();
  std::map<std::string, Values> columns;
  for (Json& row : rows)
    for (auto& [name, value] : row.items())
      if (!value.is_null()) columns[name].push_back(&value);
  for (const auto& [name, column] : columns) unify(column, !of_field);
}

}  // namespace flm
