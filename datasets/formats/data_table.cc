#include "datasets/formats/data_table.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/errors.h"
#include "datasets/formats/csv.h"
#include "datasets/formats/text_rows.h"

namespace flm {
namespace {

bool is_na(const std::string& cell) {
  static const std::set<std::string> words = {"",         "#N/A", "#N/A N/A", "#NA",    "-1.#IND",
                                              "-1.#QNAN", "-NaN", "-nan",     "1.#IND", "1.#QNAN",
                                              "<NA>",     "N/A",  "NA",       "NULL",   "NaN",
                                              "None",     "n/a",  "nan",      "null"};
  return words.count(cell) != 0;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(" \t") + 1 - first);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  text = trimmed(text);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
  return whole ? std::optional<Number>(number) : std::nullopt;
}

std::optional<bool> truth_of(const std::string& cell) {
  if (cell == "True" || cell == "TRUE" || cell == "true") return true;
  if (cell == "False" || cell == "FALSE" || cell == "false") return false;
  return std::nullopt;
}

Json text_cell(const std::string& cell) { return cell; }

/// One column of cells, of the narrowest type that holds all that are not NA; whole numbers beside
/// NA are floats, as in pandas.
std::vector<Json> typed_column(const std::vector<std::string>& cells) {
  bool ints = true, floats = true, truths = true, gaps = false;
  for (const std::string& cell : cells) {
    if (is_na(cell)) {
      gaps = true;
      continue;
    }
    ints = ints && number_of<std::int64_t>(cell);
    floats = floats && number_of<double>(cell);
    truths = truths && truth_of(cell);
  }
  std::vector<Json> out;
  for (const std::string& cell : cells) {
    if (is_na(cell)) {
      out.emplace_back(nullptr);
    } else if (ints && !gaps) {
      out.emplace_back(*number_of<std::int64_t>(cell));
    } else if (floats) {
      out.emplace_back(*number_of<double>(cell));
    } else {
      out.push_back(truths ? Json(*truth_of(cell)) : text_cell(cell));
    }
  }
  return out;
}

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

std::vector<std::string> names_of(const Json& kwargs) {
  for (const char* key : {"column_names", "names"}) {
    if (kwargs.contains(key) && kwargs[key].is_array())
      return kwargs[key].get<std::vector<std::string>>();
  }
  return {};
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

std::vector<std::string> text_samples(const std::string& text, const Json& kwargs) {
  const std::string by = kwargs.value("sample_by", "line");
  if (by == "document") return {text};
  if (by != "line" && by != "paragraph")
    throw UserError("dataset_kwargs: sample_by must be line, paragraph or document: " + by);
  const std::string end = by == "line" ? "\n" : "\n\n";
  const bool keep = by == "line" && kwargs.value("keep_linebreaks", false);
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

/// "2020-01-02", "2020-01-02T10" to "2020-01-02 10:00:00" as Python prints the time; nothing for
/// other texts, fractions of seconds and zones included.
std::optional<std::string> printed_time(const std::string& text) {
  const std::string whole = "0000-00-00 00:00:00";
  const bool length =
      text.size() == 10 || text.size() == 13 || text.size() == 16 || text.size() == whole.size();
  if (!length) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (whole[i] == '0' ? !digit : text[i] != whole[i] && !(i == 10 && text[i] == 'T'))
      return std::nullopt;
  }
  const auto part = [&](std::size_t at) {
    return at < text.size() ? std::stoi(text.substr(at, 2)) : 0;
  };
  static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = std::stoi(text.substr(0, 4)), month = part(5), day = part(8);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days[month - 1]) return std::nullopt;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (month == 2 && day == 29 && !leap) return std::nullopt;
  if (part(11) > 23 || part(14) > 59 || part(17) > 59) return std::nullopt;
  std::string out = text + whole.substr(text.size());
  out[10] = ' ';
  return out;
}

using Values = std::vector<Json*>;  // of one column over all rows, null left out

bool all_of(const Values& values, bool (*holds)(const Json&)) {
  return !values.empty() &&
         std::all_of(values.begin(), values.end(), [&](Json* v) { return holds(*v); });
}

void unify(const Values& values) {
  if (all_of(values, [](const Json& v) { return v.is_number(); })) {
    if (std::none_of(values.begin(), values.end(), [](Json* v) { return v->is_number_float(); }))
      return;
    for (Json* value : values) *value = value->get<double>();
  } else if (all_of(values, [](const Json& v) { return v.is_string(); })) {
    for (Json* value : values)
      if (!printed_time(value->get_ref<const std::string&>())) return;
    for (Json* value : values) *value = *printed_time(value->get<std::string>());
  } else if (all_of(values, [](const Json& v) { return v.is_array(); })) {
    Values inside;
    for (Json* value : values)
      for (Json& item : *value)
        if (!item.is_null()) inside.push_back(&item);
    unify(inside);
  } else if (all_of(values, [](const Json& v) { return v.is_object(); })) {
    std::map<std::string, Values> columns;
    for (Json* value : values)
      for (auto& [key, item] : value->items())
        if (!item.is_null()) columns[key].push_back(&item);
    for (const auto& [key, column] : columns) unify(column);
  }
}

}  // namespace

std::vector<Json> csv_table(std::string_view bytes, const Json& kwargs, const std::string& origin) {
  std::vector<CsvRecord> records = parse_csv(bytes, separator_of(kwargs), origin);
  std::vector<std::string> names = names_of(kwargs);
  if (names.empty()) {
    if (records.empty()) throw UserError(origin + ": an empty table; it needs a header line");
    names = records[0].cells;
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
    std::vector<Json> column = typed_column(cells);
    const std::string name = names[c].empty() ? "Unnamed: " + std::to_string(c) : names[c];
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i][name] = std::move(column[i]);
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
  if (!kwargs.contains("field") || !kwargs["field"].is_string())
    return json_rows(bytes, origin).rows;
  const std::string field = kwargs["field"];
  const Json all = parse_json(bytes, origin);
  if (!all.is_object() || !all.contains(field))
    throw UserError(origin + ": has no key that dataset_kwargs names as field: " + field);
  return json_rows(all[field].dump(), origin).rows;
}

void unify_json_types(std::vector<Json>& rows) {
  Values values;
  for (Json& row : rows) values.push_back(&row);
  unify(values);
}

}  // namespace flm
