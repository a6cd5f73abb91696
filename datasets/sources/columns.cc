#include "datasets/sources/columns.h"

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "base/errors.h"

namespace flm {
namespace {

using Kind = ManifestColumn::Kind;

const std::map<std::string, Kind> kKinds = {
    {"text", Kind::kText},           {"optional", Kind::kText},    {"integer", Kind::kInteger},
    {"letter", Kind::kLetter},       {"list", Kind::kList},        {"join", Kind::kJoin},
    {"split", Kind::kSplit},         {"keys", Kind::kKeys},        {"values", Kind::kValues},
    {"struct", Kind::kStruct},       {"config", Kind::kConfig},    {"row", Kind::kRow},
    {"sentences", Kind::kSentences}, {"open_end", Kind::kOpenEnd}, {"constant", Kind::kConstant}};

/// `name: source`, or `name: {letter: source}` and the like.
ManifestColumn column_of(const std::string& name, const YamlNode& node, const std::string& file) {
  ManifestColumn column;
  column.name = name;
  if (!node.is_map()) {
    column.from = {node.text};
    return column;
  }
  const auto& [key, value] = node.entries.at(0);
  const auto kind = kKinds.find(key.text);
  if (kind == kKinds.end())
    throw UserError(file + ":" + std::to_string(key.line) +
                    ": unknown kind of column: " + key.text);
  column.kind = kind->second;
  column.optional = key.text == "optional";
  if (column.kind == Kind::kStruct) {
    column.fields = read_columns(value, file);
  } else if (column.kind == Kind::kConstant) {
    column.constant = value.text;
  } else {
    column.from = value.texts();
  }
  return column;
}

/// The value at a path, or null where the row has none. A list hands the path to its members.
std::optional<Json> at_path(const Json& row, std::string_view path) {
  if (path.empty()) return row;
  if (row.is_array()) {
    Json all = Json::array();
    for (const Json& member : row) {
      auto value = at_path(member, path);
      if (!value) return std::nullopt;
      all.push_back(std::move(*value));
    }
    return all;
  }
  const std::size_t dot = std::min(path.find('.'), path.size());
  const std::string key(path.substr(0, dot));
  if (!row.is_object()) return std::nullopt;
  // A column may have a dot in its name.
  if (row.contains(std::string(path))) return row[std::string(path)];
  if (!row.contains(key)) return std::nullopt;
  return at_path(row[key], dot < path.size() ? path.substr(dot + 1) : std::string_view());
}

std::string keys_of(const Json& row) {
  std::string keys;
  if (row.is_object())
    for (const auto& [key, value] : row.items()) keys += (keys.empty() ? "" : ", ") + key;
  return keys.empty() ? "none" : keys;
}

Json source(const Json& row, const std::string& path, const std::string& where) {
  auto value = at_path(row, path);
  if (!value)
    throw UserError(where + ": no column " + path + " in the row; it has: " + keys_of(row));
  return std::move(*value);
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : compact_json(value);
}

Json whole_number(const std::string& text, const std::string& what) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw UserError(what + " must be a whole number: " + text);
  return number;
}

Json letter_number(const std::string& text, const std::string& what) {
  if (text.size() != 1 || text[0] < 'A' || text[0] > 'Z')
    throw UserError(what + " must be one letter: " + text);
  return text[0] - 'A';
}

Json split_items(const std::string& text) {
  Json items = Json::array();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(';', at), text.size());
    const std::size_t first = text.find_first_not_of(" \t\r\n", at);
    if (first < end)
      items.push_back(text.substr(first, text.find_last_not_of(" \t\r\n", end - 1) + 1 - first));
    at = end + 1;
  }
  return items;
}

/// Where the sentence begins that the text leaves open; the text's length where it is closed.
std::size_t open_sentence(const std::string& text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  if (last == std::string::npos || std::string_view(".!?\"'").find(text[last]) != std::string::npos)
    return text.size();
  std::size_t at = std::string::npos;
  for (const char* mark : {". ", "! ", "? "}) {
    const std::size_t found = text.rfind(mark);
    if (found != std::string::npos && (at == std::string::npos || found > at)) at = found;
  }
  return at == std::string::npos ? text.size() : at + 2;
}

class RowShaper {
 public:
  RowShaper(const std::string& configuration, const Json& row, std::int64_t number,
            const std::string& where)
      : configuration_(configuration), row_(row), number_(number), where_(where) {}

  Json shape(const std::vector<ManifestColumn>& columns) const {
    Json shaped = Json::object();
    for (const ManifestColumn& column : columns) shaped[column.name] = value(column);
    return shaped;
  }

 private:
  Json get(const std::string& path) const { return source(row_, path, where_); }
  std::string text(const std::string& path) const { return as_text(get(path)); }

  Json list(const ManifestColumn& column) const {
    Json items = Json::array();
    for (const std::string& path : column.from) items.push_back(text(path));
    return items;
  }

  Json joined(const ManifestColumn& column) const {
    std::string all;
    for (const std::string& path : column.from) all += (all.empty() ? "" : " ") + text(path);
    return all;
  }

  Json map_part(const std::string& path, bool keys) const {
    const Json map = get(path);
    if (!map.is_object()) throw UserError(where_ + ": column " + path + " must be a map");
    Json part = Json::array();
    for (const auto& [key, item] : map.items()) part.push_back(keys ? Json(key) : item);
    return part;
  }

  Json open_part(const std::string& path, bool closed) const {
    const std::string whole = text(path);
    const std::size_t at = open_sentence(whole);
    if (at == whole.size()) return closed ? whole : "";
    return closed ? whole.substr(0, at - 1) : whole.substr(at);  // without the blank between
  }

  Json value(const ManifestColumn& column) const {
    const std::string from = column.from.empty() ? "" : column.from[0];
    const auto what = [&] { return where_ + ": column " + from; };
    switch (column.kind) {
      case Kind::kConfig:
        return configuration_;
      case Kind::kRow:
        return number_;
      case Kind::kConstant:
        return column.constant;
      case Kind::kStruct:
        return shape(column.fields);
      case Kind::kList:
        return list(column);
      case Kind::kJoin:
        return joined(column);
      case Kind::kSplit:
        return split_items(text(from));
      case Kind::kKeys:
        return map_part(from, true);
      case Kind::kValues:
        return map_part(from, false);
      case Kind::kSentences:
        return open_part(from, true);
      case Kind::kOpenEnd:
        return open_part(from, false);
      case Kind::kInteger:
        return whole_number(text(from), what());
      case Kind::kLetter:
        return letter_number(text(from), what());
      case Kind::kCopy:
        return get(from);
      case Kind::kText:
        break;
    }
    if (column.optional && !at_path(row_, from)) return "";
    return text(from);
  }

  const std::string& configuration_;
  const Json& row_;
  std::int64_t number_;
  const std::string& where_;
};

}  // namespace

std::vector<ManifestColumn> read_columns(const YamlNode& map, const std::string& file) {
  std::vector<ManifestColumn> columns;
  for (const auto& [name, from] : map.entries) columns.push_back(column_of(name.text, from, file));
  return columns;
}

std::vector<Json> shape_rows(const std::vector<ManifestColumn>& columns,
                             const std::string& configuration, SourceRows rows,
                             const std::string& origin) {
  if (columns.empty()) return std::move(rows.rows);
  std::vector<Json> out;
  out.reserve(rows.rows.size());
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const std::string where = rows.lines[i] > 0 ? origin + ":" + std::to_string(rows.lines[i])
                                                : origin + ": row " + std::to_string(i);
    out.push_back(
        RowShaper(configuration, rows.rows[i], static_cast<std::int64_t>(i), where).shape(columns));
  }
  return out;
}

}  // namespace flm
