#include "harness/cli/lm_eval/config_file.h"

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/documents/yaml_json.h"
#include "base/errors.h"
#include "base/text/joined.h"

namespace flm {
namespace {

using Kind = YamlNode::Kind;

bool is_off(const YamlNode& node) {
  const bool empty = (node.is_string() && node.text.empty()) ||
                     (node.is_list() && node.items.empty()) ||
                     (node.is_map() && node.entries.empty());
  return node.is_null() || empty || (node.kind == Kind::kBool && !node.boolean);
}

/// Lists are several values (of --seed: one, with commas), maps are JSON.
std::vector<std::string> values_of(const LmEvalFlag& flag, const YamlNode& node,
                                   const std::string& place) {
  if (node.is_map()) return {json_text(node, place)};
  if (!node.is_list()) return {node.text};
  std::vector<std::string> values;
  for (const YamlNode& item : node.items) {
    if (item.is_list() || item.is_map() || item.kind == Kind::kFunction)
      throw UserError(place + " wants a list of plain values: " + json_text(node, place));
    values.push_back(item.is_null() ? "None" : item.text);
  }
  if (flag.values == LmEvalValues::kSome) return values;
  return {joined(values, ",")};
}

}  // namespace

std::string json_text(const YamlNode& node, const std::string& place) {
  return compact_json(yaml_as_json(node, [&](const YamlNode& function) -> Json {
    throw UserError(place + " names a function; give a value: " + function.text);
  }));
}

void note_places(const std::vector<std::string>& words, std::size_t from, const std::string& place,
                 FlagPlaces& places) {
  for (std::size_t i = from; i < words.size(); ++i)
    if (words[i].starts_with("--")) places[words[i].substr(0, words[i].find('='))] = place;
}

std::vector<ConfigEntry> read_config_entries(const std::string& path) {
  const YamlNode document = read_yaml_file(path);
  if (document.is_null()) return {};  // all of it commented out
  if (!document.is_map())
    throw UserError("a file of flags wants KEY: VALUE, one for each flag: " + path);
  std::vector<ConfigEntry> entries;
  for (const auto& [key, value] : document.entries)
    entries.push_back({key.text, path + ":" + std::to_string(key.line) + ": " + key.text, value});
  return entries;
}

LmEvalConfig read_lm_eval_config(const std::string& path) {
  LmEvalConfig config;
  for (const ConfigEntry& entry : read_config_entries(path)) {
    const YamlNode& node = entry.value;
    const LmEvalFlag* flag = find_lm_eval_flag(entry.key);
    if (!flag) {
      config.others.push_back(entry);
      continue;
    }
    const bool choice = flag->name == "fewshot_as_multiturn" && node.kind == Kind::kBool;
    if (is_off(node) && !choice) continue;
    const bool alone = node.kind == Kind::kBool && !choice;
    if (flag->values == LmEvalValues::kNone && !alone)
      throw UserError(entry.place + " must be true or false: " + node.text);
    config.given.push_back(
        {flag, alone ? std::vector<std::string>{} : values_of(*flag, node, entry.place),
         entry.place});
  }
  return config;
}

}  // namespace flm
