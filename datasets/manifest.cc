#include "datasets/manifest.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/errors.h"
#include "base/files.h"

namespace flm {
namespace {

using Kind = ManifestColumn::Kind;

std::string text_of(const YamlNode& map, std::string_view key) {
  const YamlNode* node = map.find(key);
  return node && !node->is_null() ? node->text : std::string();
}

std::vector<std::string> texts_of(const YamlNode* node) {
  std::vector<std::string> out;
  if (!node) return out;
  if (!node->is_list()) return {node->text};
  for (const YamlNode& item : node->items) out.push_back(item.text);
  return out;
}

/// `name: source`, or `name: {letter: source}` and the like.
ManifestColumn column_of(const std::string& name, const YamlNode& node, const std::string& file) {
  ManifestColumn column;
  column.name = name;
  if (!node.is_map()) {
    column.from = {node.text};
    return column;
  }
  const std::map<std::string, Kind> kinds = {
      {"text", Kind::kText},     {"optional", Kind::kText}, {"integer", Kind::kInteger},
      {"letter", Kind::kLetter}, {"list", Kind::kList},     {"config", Kind::kConfig}};
  const auto& [key, value] = node.entries.at(0);
  const auto kind = kinds.find(key.text);
  if (kind == kinds.end())
    throw UserError(file + ":" + std::to_string(key.line) +
                    ": unknown kind of column: " + key.text);
  column.kind = kind->second;
  column.optional = key.text == "optional";
  column.from = texts_of(&value);
  return column;
}

DatasetManifest read_manifest(const std::filesystem::path& path) {
  const std::string file = path.string();
  const YamlNode node = read_yaml_file(file);
  DatasetManifest out;
  out.name = path.stem().string();
  out.source = text_of(node, "source");
  out.licence = text_of(node, "licence");
  out.huggingface = texts_of(node.find("huggingface"));
  out.folder = text_of(node, "folder");
  out.archive = text_of(node, "archive");
  out.builtin = text_of(node, "builtin");
  out.format = text_of(node, "format");
  out.header = texts_of(node.find("header"));
  if (const YamlNode* splits = node.find("splits"))
    for (const auto& [split, name] : splits->entries) out.splits[split.text] = name.text;
  if (const YamlNode* columns = node.find("columns"))
    for (const auto& [name, from] : columns->entries)
      out.columns.push_back(column_of(name.text, from, file));
  out.sha256 = read_checksums((path.parent_path() / (out.name + ".sha256")).string());
  return out;
}

std::string cell(const Json& row, const std::string& column, const std::string& where) {
  if (!row.contains(column)) throw UserError(where + ": no column " + column);
  const Json& value = row[column];
  return value.is_string() ? value.get<std::string>() : compact_json(value);
}

Json column_value(const ManifestColumn& column, const std::string& config, const Json& row,
                  const std::string& where) {
  if (column.kind == Kind::kConfig) return config;
  if (column.kind == Kind::kList) {
    Json list = Json::array();
    for (const std::string& from : column.from) list.push_back(cell(row, from, where));
    return list;
  }
  const std::string& from = column.from.at(0);
  if (column.optional && !row.contains(from)) return "";
  if (column.kind == Kind::kCopy) {
    if (!row.contains(from)) throw UserError(where + ": no column " + from);
    return row[from];
  }
  const std::string text = cell(row, from, where);
  if (column.kind == Kind::kText) return text;
  if (column.kind == Kind::kLetter) {
    if (text.size() != 1 || text[0] < 'A' || text[0] > 'Z')
      throw UserError(where + ": column " + from + " must be one letter: " + text);
    return text[0] - 'A';
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw UserError(where + ": column " + from + " must be a whole number: " + text);
  return number;
}

}  // namespace

std::map<std::string, std::string> read_checksums(const std::string& path) {
  std::map<std::string, std::string> out;
  if (!std::filesystem::exists(path)) return out;
  std::istringstream lines(read_file(path));
  for (std::string hex, name; lines >> hex >> std::ws && std::getline(lines, name);)
    out[name] = hex;
  return out;
}

std::vector<DatasetManifest> read_manifests(const std::string& folder) {
  std::vector<DatasetManifest> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".yaml") out.push_back(read_manifest(entry.path()));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::vector<Json> shape_rows(const DatasetManifest& manifest, const std::string& config,
                             SourceRows rows, const std::string& origin) {
  if (manifest.columns.empty()) return std::move(rows.rows);
  std::vector<Json> out;
  out.reserve(rows.rows.size());
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const std::string where = origin + ":" + std::to_string(rows.lines[i]);
    Json shaped = Json::object();
    for (const ManifestColumn& column : manifest.columns)
      shaped[column.name] = column_value(column, config, rows.rows[i], where);
    out.push_back(std::move(shaped));
  }
  return out;
}

}  // namespace flm
