#include "datasets/formats/json_types.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "datasets/formats/cells.h"
#include "datasets/formats/pandas_json.h"
#include "datasets/formats/times.h"

namespace flm {
namespace {

using Kind = ColumnType::Kind;

bool is_truth(const Json& value) { return value.is_boolean(); }

std::set<std::string> keys_of(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

bool has_other_keys(const Cells<Json>& objects) {
  const std::set<std::string> keys = keys_of(*objects[0]);
  return keys.empty() || std::any_of(objects.begin(), objects.end(),
                                     [&](const Json* object) { return keys_of(*object) != keys; });
}

bool are_of_one_type(const Cells<Json>& cells) {
  return cells.empty() || every(cells, is_list) || every(cells, is_object) ||
         every(cells, is_text) || every(cells, is_number) || every(cells, is_truth);
}

const ColumnType* find_type(const std::vector<ColumnType>* types, const std::string& name) {
  if (types)
    for (const ColumnType& type : *types)
      if (type.name == name) return &type;
  return nullptr;
}

/// Cells, and the type that is decided for their column; null: none is.
struct Column {
  Cells<Json> cells;
  const ColumnType* decided = nullptr;
  bool minds_keys = true;

  /// Kept as JSON by the library. Of a column that is decided it minds no keys.
  bool is_json() const {
    if (decided && decided->kind == Kind::kJson) return true;
    if (!decided && minds_keys && every(cells, is_object)) return has_other_keys(cells);
    return !are_of_one_type(cells);
  }
  Column items() const {
    const bool lists = decided && decided->kind == Kind::kList;
    return {items_of(cells), lists ? &decided->inside.at(0) : nullptr, minds_keys};
  }
  std::map<std::string, Column> columns() const {
    const bool objects = decided && decided->kind == Kind::kStruct;
    std::map<std::string, Column> out;
    for (auto& [name, column] : columns_of(cells))
      out[name] = {column, find_type(objects ? &decided->inside : nullptr, name), minds_keys};
    return out;
  }
};

bool keeps_json(const ColumnType& type) {
  return type.kind == Kind::kJson ||
         std::any_of(type.inside.begin(), type.inside.end(), keeps_json);
}

bool holds_json(const Column& column) {
  if (column.is_json()) return true;
  if (every(column.cells, is_list)) return holds_json(column.items());
  if (!every(column.cells, is_object)) return false;
  const auto inside = column.columns();
  return std::any_of(inside.begin(), inside.end(),
                     [](const auto& named) { return holds_json(named.second); });
}

bool is_beyond_int64(const Json& number) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return number.is_number_unsigned() && number.get<std::uint64_t>() > kMost;
}

Kind type_numbers_of(const Cells<Json>& cells) {
  const auto makes_fractions = [](const Json* number) {
    return number->is_number_float() || is_beyond_int64(*number);
  };
  if (std::none_of(cells.begin(), cells.end(), makes_fractions)) return Kind::kWhole;
  for (Json* cell : cells) *cell = cell->get<double>();
  return Kind::kFraction;
}

Kind type_texts(const Cells<Json>& cells) {
  for (const Json* cell : cells)
    if (!printed_iso_time(cell->get_ref<const std::string&>())) return Kind::kText;
  for (Json* cell : cells) *cell = *printed_iso_time(cell->get<std::string>());
  return Kind::kTimestamp;
}

void decode(const Cells<Json>& cells) {
  for (Json* cell : cells) {
    if (cell->is_string()) {
      if (auto value = read_text_by_pandas(cell->get<std::string>())) *cell = std::move(*value);
    } else {
      read_by_pandas(*cell);
    }
  }
}

ColumnType type_column(const Column& column, bool of_field);

std::vector<ColumnType> type_fields(const Column& objects, bool of_field) {
  give_every_key(objects.cells);
  std::map<std::string, Column> columns = objects.columns();
  std::vector<ColumnType> out;
  for (const auto& [name, value] : objects.cells[0]->items()) {
    out.emplace_back();
    out.back().name = name;
  }
  for (ColumnType& type : out) {
    const std::string name = type.name;
    type = type_column(columns[name], of_field);
    type.name = name;
  }
  return out;
}

/// `of_field`: pandas has typed the column: no text is a time, nothing is kept as JSON.
ColumnType type_column(const Column& column, bool of_field) {
  constexpr int kBits = 64;
  const Cells<Json>& cells = column.cells;
  ColumnType out;
  out.bits = kBits;
  if (!of_field && column.is_json()) {
    out.kind = Kind::kJson;
    if (!column.decided || column.decided->kind == Kind::kJson) decode(cells);
  } else if (every(cells, is_number)) {
    out.kind = type_numbers_of(cells);
  } else if (every(cells, is_text)) {
    out.kind = of_field ? Kind::kText : type_texts(cells);
  } else if (every(cells, is_truth)) {
    out.kind = Kind::kTruth;
  } else if (every(cells, is_list)) {
    out.kind = Kind::kList;
    out.inside = {type_column(column.items(), of_field)};
  } else if (every(cells, is_object)) {
    out.kind = Kind::kStruct;
    out.inside = type_fields(column, of_field);
  } else if (!cells.empty()) {
    out.kind = Kind::kJson;
  }
  return out;
}

}  // namespace

std::vector<ColumnType> type_json_lines(std::vector<Json>& rows,
                                        const std::vector<ColumnType>* decided, bool minds_keys) {
  if (rows.empty()) return {};
  ColumnType all;
  all.kind = Kind::kStruct;
  if (decided) all.inside = *decided;
  const Column whole{cells_of(rows), &all, minds_keys};
  const auto columns = whole.columns();
  if (keeps_json(all) || std::any_of(columns.begin(), columns.end(),
                                     [](const auto& named) { return holds_json(named.second); }))
    for (Json& row : rows) write_by_pandas(row);
  return type_fields(whole, false);
}

std::vector<ColumnType> type_field_rows(std::vector<Json>& rows) {
  if (rows.empty()) return {};
  return type_fields({cells_of(rows)}, true);
}

}  // namespace flm
