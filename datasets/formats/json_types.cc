#include "datasets/formats/json_types.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/errors.h"
#include "base/text/printable.h"
#include "datasets/formats/cells.h"
#include "datasets/formats/pandas_json.h"
#include "datasets/formats/times.h"

namespace flm {
namespace {

std::set<std::string> keys_of(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

bool has_other_keys(const Cells<const Json>& objects) {
  const std::set<std::string> keys = keys_of(*objects[0]);
  return keys.empty() || std::any_of(objects.begin(), objects.end(),
                                     [&](const Json* object) { return keys_of(*object) != keys; });
}

/// Cells with those of the same column in the split that decides the types.
struct Column {
  Cells<Json> cells;
  Cells<const Json> first;

  bool mixed() const { return is_mixed({cells.begin(), cells.end()}) || is_mixed(first); }
  Column items() const {
    return {items_of(cells), every(first, is_list) ? items_of(first) : Cells<const Json>{}};
  }
  std::map<std::string, Column> columns() const {
    std::map<std::string, Column> out;
    for (auto& [name, column] : columns_of(cells)) out[name].cells = column;
    if (!every(first, is_object)) return out;
    for (auto& [name, column] : columns_of(first))
      if (out.contains(name)) out[name].first = column;
    return out;
  }
};

bool holds_mixed(const Column& column) {
  if (column.mixed()) return true;
  if (every(column.cells, is_list)) return holds_mixed(column.items());
  if (!every(column.cells, is_object)) return false;
  const auto inside = column.columns();
  return std::any_of(inside.begin(), inside.end(),
                     [](const auto& named) { return holds_mixed(named.second); });
}

void make_fractions(const Cells<Json>& cells) {
  if (std::none_of(cells.begin(), cells.end(), [](Json* v) { return v->is_number_float(); }))
    return;
  for (Json* cell : cells) *cell = cell->get<double>();
}

void make_times(const Cells<Json>& cells) {
  for (Json* cell : cells)
    if (!printed_iso_time(cell->get_ref<const std::string&>())) return;
  for (Json* cell : cells) *cell = *printed_iso_time(cell->get<std::string>());
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

/// The library makes texts of JSON then, so that "x" gets quotation marks of its own.
void refuse_mixed_after_texts(const Column& column) {
  if (!every(column.first, is_text)) return;
  for (const Json* cell : column.cells)
    if (!cell->is_number() && !cell->is_boolean())
      throw UserError(
          "a column of texts in the first split has several types in this one, and the datasets "
          "library would quote its texts; write texts only: " +
          printable(compact_json(*cell)));
}

/// `of_field`: pandas has typed the column: no text is a time, nothing is mixed.
void type_column(const Column& column, bool of_field) {
  const Cells<Json>& cells = column.cells;
  if (!of_field && column.mixed()) refuse_mixed_after_texts(column);
  if (!of_field && column.mixed()) {
    decode(cells);
  } else if (every(cells, is_number)) {
    make_fractions(cells);
  } else if (!of_field && every(cells, is_text)) {
    make_times(cells);
  } else if (every(cells, is_list)) {
    type_column(column.items(), of_field);
  } else if (every(cells, is_object)) {
    give_every_key(cells);
    for (const auto& [name, inside] : column.columns()) type_column(inside, of_field);
  }
}

}  // namespace

void type_json_lines(std::vector<Json>& rows, const std::vector<Json>& first) {
  const auto columns = Column{cells_of(rows), cells_of(first)}.columns();
  if (std::any_of(columns.begin(), columns.end(),
                  [](const auto& named) { return holds_mixed(named.second); }))
    for (Json& row : rows) write_by_pandas(row);
  for (const auto& [name, column] : columns) type_column(column, false);
}

void type_field_rows(std::vector<Json>& rows) {
  for (const auto& [name, column] : Column{cells_of(rows), {}}.columns()) type_column(column, true);
}

bool is_mixed(const Cells<const Json>& cells) {
  if (every(cells, is_object)) return has_other_keys(cells);
  const auto truth = [](const Json& value) { return value.is_boolean(); };
  return !cells.empty() && !every(cells, is_list) && !every(cells, is_text) &&
         !every(cells, is_number) && !every(cells, truth);
}

}  // namespace flm
