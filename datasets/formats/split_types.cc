#include "datasets/formats/split_types.h"

#include <nlohmann/json.hpp>

#include "datasets/formats/arrow_text.h"
#include "datasets/formats/cells.h"
#include "datasets/formats/json_types.h"
#include "datasets/formats/whole_numbers.h"

namespace flm {
namespace {

void cast_to_texts(const Cells<Json>& cells) {
  for (Json* cell : cells)
    if (auto text = arrow_text(*cell, {})) *cell = std::move(*text);
}

void cast_to_fractions(const Cells<Json>& cells) {
  for (Json* cell : cells)
    *cell = cell->is_boolean() ? (cell->get<bool>() ? 1.0 : 0.0) : cell->get<double>();
}

void cast_to_whole(const Cells<Json>& cells) {
  if (!every(cells, fits_whole)) return;
  for (Json* cell : cells) make_whole(*cell);
}

void cast_numbers(const Cells<const Json>& first, const Cells<Json>& cells, EmptyColumn empty) {
  const bool nothing = first.empty() && empty == EmptyColumn::kFractions;
  if (every(first, is_text))
    cast_to_texts(cells);
  else if (nothing || every(first, [](const Json& cell) { return cell.is_number_float(); }))
    cast_to_fractions(cells);
  else if (every(first, [](const Json& cell) { return cell.is_number_integer(); }))
    cast_to_whole(cells);
}

void cast_cells(const Cells<const Json>& first, const Cells<Json>& cells, EmptyColumn empty);

void cast_columns(const Cells<const Json>& first, const Cells<Json>& objects, EmptyColumn empty) {
  KeyOrder order;
  order.add_keys_of(*first[0]);
  arrange(objects, order);
  const auto known = columns_of(first);
  for (const auto& [name, cells] : columns_of(objects)) {
    const auto found = known.find(name);
    const bool there = found != known.end();
    if (there || order.contains(name))
      cast_cells(there ? found->second : Cells<const Json>{}, cells, empty);
  }
}

void cast_cells(const Cells<const Json>& first, const Cells<Json>& cells, EmptyColumn empty) {
  if (is_mixed(first)) return;
  if (every(first, is_list) && every(cells, is_list))
    cast_cells(items_of(first), items_of(cells), empty);
  else if (every(first, is_object) && every(cells, is_object))
    cast_columns(first, cells, empty);
  else if (every(cells, [](const Json& cell) { return cell.is_number() || cell.is_boolean(); }))
    cast_numbers(first, cells, empty);
}

}  // namespace

void cast_to_first_split(const std::vector<Json>& first, std::vector<Json>& rows,
                         EmptyColumn empty) {
  if (!first.empty()) cast_columns(cells_of(first), cells_of(rows), empty);
}

}  // namespace flm
