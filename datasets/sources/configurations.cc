#include "datasets/sources/configurations.h"

#include <filesystem>

#include "base/documents/yaml.h"
#include "base/documents/yaml_json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "base/text/joined.h"
#include "datasets/sources/known_kwargs.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// The YAML between the lines --- at the head of README.md.
std::optional<YamlNode> front_matter(const fs::path& readme) {
  if (!fs::is_regular_file(readme)) return std::nullopt;
  const std::string text = read_file(readme.string());
  if (!text.starts_with("---")) return std::nullopt;
  const std::size_t end = text.find("\n---", 3);
  if (end == std::string::npos) return std::nullopt;
  return parse_yaml(text.substr(4, end - 3), readme.string());
}

std::string text_of(const YamlNode& map, const char* key, const char* otherwise) {
  const YamlNode* found = map.find(key);
  return found && !found->is_null() ? found->text : otherwise;
}

/// data_files: patterns, which are train's; a map split -> patterns; or a list of {split, path}.
std::vector<NamedPatterns> read_data_files(const YamlNode& node) {
  std::vector<NamedPatterns> out;
  if (node.is_map()) {
    for (const auto& [split, paths] : node.entries) out.push_back({split.text, paths.texts()});
  } else if (node.is_list() && !node.items.empty() && node.items[0].is_map()) {
    for (const YamlNode& item : node.items) {
      const YamlNode *split = item.find("split"), *path = item.find("path");
      if (split && path) out.push_back({split->text, path->texts()});
    }
  } else {
    out.push_back({"train", node.texts()});
  }
  return out;
}

/// What the library's readers of files take; it passes over other keys.
Json reader_options(const YamlNode& config) {
  const auto text = [](const YamlNode& function) { return Json(function.text); };
  Json out = Json::object();
  for (const auto& [key, value] : config.entries)
    if (is_reader_option(key.text)) out[key.text] = yaml_as_json(value, text);
  check_dataset_kwargs(out, "README.md, configuration " + text_of(config, "config_name", ""));
  return out;
}

std::vector<const YamlNode*> items_under(const YamlNode& head, const char* key) {
  std::vector<const YamlNode*> out;
  const YamlNode* found = head.find(key);
  if (found && found->is_map()) out.push_back(found);
  if (found)
    for (const YamlNode& item : found->items)
      if (item.is_map()) out.push_back(&item);
  return out;
}

/// The name that no name stands for: of the default configuration, else of the only dataset_info.
std::string default_name(const YamlNode& head) {
  const auto configs = items_under(head, "configs"), infos = items_under(head, "dataset_info");
  for (const YamlNode* config : configs) {
    const YamlNode* chosen = config->find("default");
    const std::string own = text_of(*config, "config_name", "");
    if (configs.size() == 1 || own == "default" || (chosen && chosen->boolean)) return own;
  }
  return infos.size() == 1 ? text_of(*infos[0], "config_name", "default") : "";
}

const YamlNode* named(const std::vector<const YamlNode*>& items, const std::string& name,
                      const char* otherwise) {
  for (const YamlNode* item : items)
    if (text_of(*item, "config_name", otherwise) == name) return item;
  return nullptr;
}

/// Those of the configuration itself, else those of its dataset_info.
std::vector<DeclaredFeature> features_of(const YamlNode& head, const YamlNode* config,
                                         const std::string& name) {
  const YamlNode* info = named(items_under(head, "dataset_info"), name, "default");
  for (const YamlNode* place : {config, info})
    if (const YamlNode* features = place ? place->find("features") : nullptr)
      return read_features(*features);
  return {};
}

}  // namespace

std::optional<Configuration> find_configuration(const std::string& folder, const std::string& name,
                                                bool any_will_do) {
  Configuration out;
  out.kwargs = Json::object();
  const auto head = front_matter(fs::path(folder) / "README.md");
  if (!head) return out;
  const auto configs = items_under(*head, "configs");
  const std::string wanted = name.empty() ? default_name(*head) : name;
  const YamlNode* config = named(configs, wanted, "");
  if (!config && name.empty() && any_will_do && !configs.empty()) config = configs[0];
  if (!config && !configs.empty()) return std::nullopt;
  out.features = features_of(*head, config, config ? text_of(*config, "config_name", "") : wanted);
  if (!config) return out;
  out.listed = true;
  if (const YamlNode* paths = config->find("data_files")) out.data_files = read_data_files(*paths);
  out.data_dir = text_of(*config, "data_dir", "");
  out.kwargs = reader_options(*config);
  return out;
}

void check_configuration(const std::string& folder, const std::string& name) {
  if (folder.empty() || find_configuration(folder, name, false)) return;
  const auto head = front_matter(fs::path(folder) / "README.md");
  const std::string known = joined(items_under(*head, "configs"), ", ", [](const YamlNode* config) {
    return text_of(*config, "config_name", "");
  });
  const std::string fault = name.empty()
                                ? "several configurations and no default; name one as dataset_name"
                                : "no configuration of that dataset_name";
  throw UserError(folder + "/README.md has " + fault + "; it has: " + known +
                  (name.empty() ? "" : " (dataset_name: " + name + ")"));
}

}  // namespace flm
