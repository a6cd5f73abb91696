#include "datasets/formats/split_types.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "datasets/formats/whole_numbers.h"

namespace flm {
namespace {

template <typename Value>
using Cells = std::vector<Value*>;  // of one column over all rows, null left out

template <typename Value>
using CellsByName = std::map<std::string, Cells<Value>>;

bool holds_numbers(const Json& value) {
  if (value.is_structured()) return std::any_of(value.begin(), value.end(), holds_numbers);
  return value.is_number() || value.is_boolean();
}

template <typename Value, typename Holds>
bool every(const Cells<Value>& cells, const Holds& holds) {
  return !cells.empty() &&
         std::all_of(cells.begin(), cells.end(), [&](const Json* cell) { return holds(*cell); });
}

template <typename Value>
Cells<Value> inside_lists(const Cells<Value>& lists) {
  Cells<Value> out;
  for (Value* list : lists)
    for (Value& item : *list)
      if (!item.is_null()) out.push_back(&item);
  return out;
}

template <typename Value>
CellsByName<Value> by_name(const Cells<Value>& objects) {
  CellsByName<Value> out;
  for (Value* object : objects)
    for (auto& [name, value] : object->items())
      if (!value.is_null()) out[name].push_back(&value);
  return out;
}

/// As Arrow casts it; null for a fraction that it may write otherwise.
Json printed(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (!value.is_number_float()) return value.dump();
  const double number = value.get<double>(), size = std::abs(number);
  if (number != 0 && (size < 1e-4 || size >= 1e15)) return nullptr;
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void cast_to_texts(const Cells<Json>& cells) {
  for (Json* cell : cells)
    if (Json text = printed(*cell); !text.is_null()) *cell = std::move(text);
}

void cast_to_fractions(const Cells<Json>& cells) {
  for (Json* cell : cells)
    *cell = cell->is_boolean() ? (cell->get<bool>() ? 1.0 : 0.0) : cell->get<double>();
}

void cast_to_whole(const Cells<Json>& cells) {
  if (!every(cells, fits_whole)) return;
  for (Json* cell : cells) make_whole(*cell);
}

void cast_cells(const Cells<const Json>& first, const Cells<Json>& cells) {
  const auto number = [](const Json& cell) { return cell.is_number() || cell.is_boolean(); };
  const auto list = [](const Json& cell) { return cell.is_array(); };
  const auto object = [](const Json& cell) { return cell.is_object(); };
  if (every(first, list) && every(cells, list)) {
    cast_cells(inside_lists(first), inside_lists(cells));
  } else if (every(first, object) && every(cells, object)) {
    const CellsByName<const Json> known = by_name(first);
    for (const auto& [name, inner] : by_name(cells))
      if (const auto found = known.find(name); found != known.end())
        cast_cells(found->second, inner);
  } else if (every(cells, number)) {
    if (every(first, [](const Json& cell) { return cell.is_string(); }))
      cast_to_texts(cells);
    else if (every(first, [](const Json& cell) { return cell.is_number_float(); }))
      cast_to_fractions(cells);
    else if (every(first, [](const Json& cell) { return cell.is_number_integer(); }))
      cast_to_whole(cells);
  }
}

}  // namespace

bool has_numbers(const std::vector<Json>& rows) {
  return std::any_of(rows.begin(), rows.end(), holds_numbers);
}

void cast_to_first_split(const std::vector<Json>& first, std::vector<Json>& rows) {
  Cells<const Json> known;
  Cells<Json> cells;
  for (const Json& row : first) known.push_back(&row);
  for (Json& row : rows) cells.push_back(&row);
  cast_cells(known, cells);
}

}  // namespace flm
