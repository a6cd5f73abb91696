#include "datasets/sources/declared_features.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/documents/unread_value.h"
#include "base/errors.h"
#include "base/text/printable.h"
#include "datasets/formats/cells.h"
#include "datasets/formats/column_casts.h"

namespace flm {
namespace {

using Held = ColumnType::Kind;

/// Values of "json" are as they are.
ColumnType plain_type(const std::string& dtype) {
  ColumnType out;
  out.kind = dtype == "json" ? Held::kNull : Held::kUnread;
  if (dtype == "string" || dtype == "large_string") out.kind = Held::kText;
  if (dtype == "bool" || dtype == "bool_") out.kind = Held::kTruth;
  if (dtype.starts_with("int") || dtype.starts_with("uint")) out.kind = Held::kWhole;
  if (dtype == "float" || dtype == "float32" || dtype == "double" || dtype == "float64")
    out.kind = Held::kFraction;
  out.single = dtype == "float" || dtype == "float32";
  if (dtype == "int64" || dtype == "int32") out.bits = dtype == "int64" ? 64 : 32;
  return out;
}

ColumnType type_of(const YamlNode& node);

std::vector<ColumnType> fields_of(const YamlNode& list) {
  std::vector<ColumnType> out;
  for (const YamlNode& item : list.items) {
    out.push_back(type_of(item));
    if (const YamlNode* name = item.find("name")) out.back().name = name->text;
  }
  return out;
}

ColumnType holder(Held kind, std::vector<ColumnType> inside) {
  ColumnType out;
  out.kind = kind;
  out.inside = std::move(inside);
  return out;
}

/// A text is a dtype; a list is an object's fields.
ColumnType type_of(const YamlNode& node) {
  if (node.is_list()) return holder(Held::kStruct, fields_of(node));
  if (!node.is_map()) return plain_type(node.text);
  for (const char* key : {"list", "large_list", "sequence"}) {
    const YamlNode* inside = node.find(key);
    if (!inside) continue;
    if (std::string(key) != "sequence" || !inside->is_list())
      return holder(Held::kList, {type_of(*inside)});
    ColumnType lists = type_of(*inside);  // a sequence of objects is an object of lists
    for (ColumnType& field : lists.inside) {
      ColumnType list = holder(Held::kList, {field});
      list.name = field.name;
      field = std::move(list);
    }
    return lists;
  }
  for (const char* key : {"dtype", "struct"})
    if (const YamlNode* inside = node.find(key)) return type_of(*inside);
  return plain_type("");
}

std::vector<std::string> labels_of(const YamlNode& feature) {
  const YamlNode* dtype = feature.find("dtype");
  const YamlNode* label = dtype && dtype->is_map() ? dtype->find("class_label") : nullptr;
  if (!label) label = feature.find("class_label");
  const YamlNode* names = label ? label->find("names") : nullptr;
  std::vector<std::string> out;
  if (!names) return out;
  if (!names->is_map()) return names->texts();
  out.resize(names->entries.size());
  for (const auto& [number, name] : names->entries) {
    std::size_t at = out.size();
    std::from_chars(number.text.data(), number.text.data() + number.text.size(), at);
    if (at < out.size()) out[at] = name.text;
  }
  return out;
}

std::string written_as(const YamlNode& feature) {
  const YamlNode* dtype = feature.find("dtype");
  if (dtype && !dtype->is_map() && !dtype->is_list()) return dtype->text;
  for (const auto& [key, value] : dtype && dtype->is_map() ? dtype->entries : feature.entries)
    if (key.text != "name") return key.text;
  return "nothing";
}

/// What the values of a column are.
ColumnType type_in(const Cells<Json>& cells) {
  ColumnType out;
  out.bits = 64;
  if (every(cells, is_list)) return holder(Held::kList, {type_in(items_of(cells))});
  if (every(cells, is_object)) {
    out.kind = Held::kStruct;
    for (const auto& [name, inside] : columns_of(cells)) {
      out.inside.push_back(type_in(inside));
      out.inside.back().name = name;
    }
  } else if (every(cells, is_text)) {
    out.kind = Held::kText;
  } else if (every(cells, [](const Json& cell) { return cell.is_boolean(); })) {
    out.kind = Held::kTruth;
  } else if (every(cells, [](const Json& cell) { return cell.is_number_integer(); })) {
    out.kind = Held::kWhole;
  } else if (every(cells, is_number)) {
    out.kind = Held::kFraction;
  } else if (!cells.empty()) {
    out.kind = Held::kUnread;
  }
  return out;
}

bool is_of(const Json& cell, const ColumnType& type);

bool are_of(const Json& cell, const ColumnType& type) {
  return std::all_of(cell.begin(), cell.end(),
                     [&](const Json& item) { return is_of(item, type.inside.at(0)); });
}

bool is_of(const Json& cell, const ColumnType& type) {
  if (cell.is_null() || why_unread(cell)) return true;
  switch (type.kind) {
    case Held::kText:
      return cell.is_string();
    case Held::kTruth:
      return cell.is_boolean();
    case Held::kWhole:
      return cell.is_number_integer();
    case Held::kFraction:
      return cell.is_number_float();
    case Held::kList:
      return cell.is_array() && are_of(cell, type);
    case Held::kStruct:
      return cell.is_object() &&
             std::all_of(type.inside.begin(), type.inside.end(), [&](const ColumnType& field) {
               return !cell.contains(field.name) || is_of(cell[field.name], field);
             });
    default:
      return true;
  }
}

/// Whether some kind inside is not followed.
bool is_open(const ColumnType& type) {
  return type.kind == Held::kUnread || std::any_of(type.inside.begin(), type.inside.end(), is_open);
}

std::string complaint(const DeclaredFeature& feature, const std::string& origin,
                      const std::string& what, const Json& cell) {
  return origin + ": README.md declares the column " + printable(feature.type.name) + " as " +
         printable(feature.written) + ", " + what + ": " + printable(compact_json(cell));
}

/// The library parses a json column of texts alone, and writes objects that are declared as texts.
bool are_followed(const DeclaredFeature& feature, const Cells<Json>& cells) {
  const auto is_json = [](const Json* cell) {
    return Json::accept(cell->get_ref<const std::string&>());
  };
  const bool parsed = feature.type.kind == Held::kNull && every(cells, is_text) &&
                      std::any_of(cells.begin(), cells.end(), is_json);
  const bool written = feature.type.kind == Held::kText && every(cells, is_object);
  return !is_open(feature.type) && !parsed && !written;
}

/// Without the blanks around it where only so it is a name; else the number that it writes.
Json label_number(const DeclaredFeature& feature, const Json& cell, const std::string& origin) {
  const auto count = static_cast<std::int64_t>(feature.labels.size());
  if (cell.is_number_integer() && cell < count) return cell;
  if (!cell.is_string())
    throw UserError(complaint(feature, origin, "which has no such label", cell));
  const std::string text = cell.get<std::string>();
  const std::size_t first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const std::string bare = text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
  for (const std::string& name : {text, bare}) {
    const auto found = std::find(feature.labels.begin(), feature.labels.end(), name);
    if (found != feature.labels.end()) return found - feature.labels.begin();
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(bare.data(), bare.data() + bare.size(), number);
  if (error != std::errc() || end != bare.data() + bare.size() || number < -1 || number >= count)
    throw UserError(complaint(feature, origin, "which has no such label", cell));
  return number;
}

}  // namespace

std::vector<DeclaredFeature> read_features(const YamlNode& list) {
  std::vector<DeclaredFeature> out;
  for (const YamlNode& item : list.items) {
    const YamlNode* name = item.find("name");
    if (!name) continue;
    DeclaredFeature feature{type_of(item), written_as(item), labels_of(item)};
    if (!feature.labels.empty()) feature.type = plain_type("");
    feature.type.name = name->text;
    out.push_back(std::move(feature));
  }
  return out;
}

std::vector<ColumnType> types_of(const std::vector<DeclaredFeature>& features) {
  std::vector<ColumnType> out;
  for (const DeclaredFeature& feature : features) out.push_back(feature.type);
  return out;
}

void cast_to_features(const std::vector<DeclaredFeature>& features, bool typed,
                      std::vector<Json>& rows, const std::string& origin) {
  const Cells<Json> objects = cells_of(rows);
  if (!typed) cast_to_types(types_of(features), type_in(objects).inside, rows);
  const auto columns = columns_of(objects);
  for (const DeclaredFeature& feature : features) {
    const auto column = columns.find(feature.type.name);
    if (column == columns.end()) continue;
    const bool followed = typed || are_followed(feature, column->second);
    for (Json* cell : column->second) {
      if (why_unread(*cell)) continue;
      if (!feature.labels.empty())
        *cell = label_number(feature, *cell, origin);
      else if (!followed)
        *cell = unread_value(
            complaint(feature, origin, "which is not followed; save the rows as Parquet", *cell));
      else if (!is_of(*cell, feature.type))
        throw UserError(complaint(feature, origin, "which a value of it does not become", *cell));
    }
  }
}

}  // namespace flm
