#include "datasets/sources/manifest.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/documents/yaml_keys.h"
#include "base/system/files.h"

namespace flm {
namespace {

const std::vector<std::string> kLayoutKeys = {"folder", "archive", "needs", "format", "header",
                                              "splits", "columns", "note",  "refused"};
/// The keys of the only layout stand beside the manifest's own.
const std::vector<std::string> kManifestKeys = [] {
  std::vector<std::string> keys = {"source",         "licence", "huggingface",
                                   "configurations", "builtin", "get",
                                   "layouts",        "fetch",   "copy"};
  keys.insert(keys.end(), kLayoutKeys.begin(), kLayoutKeys.end());
  return keys;
}();

std::vector<std::string> texts_of(const YamlNode* node) {
  return node ? node->texts() : std::vector<std::string>{};
}

void check_keys(const YamlNode& map, const std::vector<std::string>& known,
                const std::string& file) {
  if (const YamlNode* key = unknown_key(map, known))
    refuse_node(file, *key, "unknown key: " + key->text);
}

/// [first, last] of whole numbers, null where it is open.
std::pair<const YamlNode*, const YamlNode*> range_of(const YamlNode& node,
                                                     const std::string& file) {
  const auto is_end = [](const YamlNode& one) {
    return one.is_null() || one.kind == YamlNode::Kind::kInt;
  };
  if (node.items.size() != 2 || !std::all_of(node.items.begin(), node.items.end(), is_end))
    refuse_node(file, node, "a range is a list of two whole numbers: [0, 9]");
  return {&node.items[0], &node.items[1]};
}

/// `split: FILE`, or `split: {files: [...], rows: [first, last], where: {COLUMN: [least, most]}}`.
SplitRule split_rule(const YamlNode& node, const std::string& file) {
  SplitRule rule;
  if (!node.is_map()) {
    rule.files = {node.text};
    return rule;
  }
  check_keys(node, {"files", "rows", "where"}, file);
  rule.files = texts_of(node.find("files"));
  if (const YamlNode* rows = node.find("rows")) {
    const auto [first, last] = range_of(*rows, file);
    if (!first->is_null()) rule.first = first->integer;
    if (!last->is_null()) rule.last = last->integer;
  }
  if (const YamlNode* where = node.find("where")) {
    if (where->entries.size() != 1)
      refuse_node(file, *where, "where names one column and its range: {number: [0, 9]}");
    const auto& [column, range] = where->entries[0];
    const auto [least, most] = range_of(range, file);
    rule.range_column = column.text;
    rule.least = least->integer;
    rule.most = most->integer;
  }
  return rule;
}

DatasetLayout layout_of(const YamlNode& node, const std::string& file) {
  DatasetLayout out;
  out.folder = text_under(node, "folder");
  out.archive = text_under(node, "archive");
  out.needs = text_under(node, "needs");
  out.format = text_under(node, "format");
  out.header = texts_of(node.find("header"));
  out.note = text_under(node, "note");
  out.refused = text_under(node, "refused");
  if (const YamlNode* splits = node.find("splits"))
    for (const auto& [split, rule] : splits->entries)
      out.splits[split.text] = split_rule(rule, file);
  if (const YamlNode* columns = node.find("columns")) out.columns = read_columns(*columns, file);
  return out;
}

/// A further layout says only what differs from the first.
DatasetLayout with_defaults(DatasetLayout layout, const DatasetLayout& first,
                            const YamlNode& node) {
  if (!node.find("folder")) layout.folder = first.folder;
  if (!node.find("format")) layout.format = first.format;
  if (!node.find("header")) layout.header = first.header;
  if (!node.find("columns")) layout.columns = first.columns;
  return layout;
}

FetchRule fetch_rule(const YamlNode& node, const std::string& file) {
  check_keys(node, {"url", "sha256", "unpack"}, file);
  return {texts_of(node.find("url")), text_under(node, "sha256"), text_under(node, "unpack")};
}

/// The keys of the only layout stand beside the others; several are a list `layouts`.
DatasetManifest read_manifest(const std::filesystem::path& path) {
  const std::string file = path.string();
  const YamlNode node = read_yaml_file(file);
  check_keys(node, kManifestKeys, file);
  DatasetManifest out;
  out.name = path.stem().string();
  out.source = text_under(node, "source");
  out.licence = text_under(node, "licence");
  out.huggingface = texts_of(node.find("huggingface"));
  out.configurations = texts_of(node.find("configurations"));
  out.builtin = text_under(node, "builtin");
  out.get = text_under(node, "get");
  if (const YamlNode* layouts = node.find("layouts")) {
    for (const YamlNode& one : layouts->items) {
      check_keys(one, kLayoutKeys, file);
      DatasetLayout layout = layout_of(one, file);
      out.layouts.push_back(out.layouts.empty()
                                ? std::move(layout)
                                : with_defaults(std::move(layout), out.layouts[0], one));
    }
  } else {
    out.layouts.push_back(layout_of(node, file));
  }
  if (const YamlNode* fetch = node.find("fetch")) out.fetch = fetch_rule(*fetch, file);
  const auto beside = [&](const char* end) {
    return (path.parent_path() / (out.name + end)).string();
  };
  out.sha256 = read_checksums(beside(".sha256"));
  out.copy = text_under(node, "copy");
  out.copy_sha256 = read_checksums(beside(".copy.sha256"));
  return out;
}

}  // namespace

bool DatasetManifest::answers(const std::string& id, const std::string& configuration) const {
  if (!std::count(huggingface.begin(), huggingface.end(), id)) return false;
  return configurations.empty() ||
         std::count(configurations.begin(), configurations.end(), configuration);
}

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

}  // namespace flm
