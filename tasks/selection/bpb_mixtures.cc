#include "tasks/selection/bpb_mixtures.h"

#include <algorithm>
#include <cmath>

#include "base/documents/yaml.h"
#include "base/documents/yaml_keys.h"
#include "tasks/selection/bpb_tasks.h"
#include "tasks/selection/task_index.h"

namespace flm {
namespace {

const YamlNode& wanted(const YamlNode& map, const char* key, const std::string& path) {
  const YamlNode* node = map.find(key);
  if (!node) refuse_node(path, map, std::string("a mixture file wants the key ") + key);
  return *node;
}

double weight_of(const YamlNode& node, const std::string& domain, const std::string& path) {
  const bool whole = node.kind == YamlNode::Kind::kInt;
  const double weight = whole ? static_cast<double>(node.integer) : node.real;
  const bool number = whole || node.kind == YamlNode::Kind::kFloat;
  if (!number || !std::isfinite(weight) || weight <= 0)
    refuse_node(path, node, "the weight of " + domain + " must be a number above 0: " + node.text);
  return weight;
}

void check_keys(const YamlNode& map, const std::vector<std::string>& known,
                const std::string& path) {
  if (const YamlNode* key = unknown_key(map, known))
    refuse_node(path, *key, "a mixture file has no key " + key->text);
}

BpbMixture read_mixture(const YamlNode& node, const std::string& path) {
  if (!node.is_map()) refuse_node(path, node, "a mixture wants name, weights and source");
  check_keys(node, {"name", "source", "weights"}, path);
  BpbMixture mixture;
  mixture.name = wanted(node, "name", path).text;
  if (const YamlNode* source = node.find("source")) mixture.source = source->text;
  const YamlNode& weights = wanted(node, "weights", path);
  if (!weights.is_map() || weights.entries.empty())
    refuse_node(path, weights, "weights of " + mixture.name + " want LANG/DOMAIN: NUMBER entries");
  for (const auto& [domain, weight] : weights.entries)
    mixture.weights.emplace_back(bpb_task_name(domain.text), weight_of(weight, domain.text, path));
  return mixture;
}

void append_file(std::vector<BpbMixture>& mixtures, const std::string& path) {
  const YamlNode file = read_yaml_file(path);
  if (!file.is_map()) refuse_node(path, file, "a mixture file wants the key mixtures");
  check_keys(file, {"mixtures"}, path);
  for (const YamlNode& node : wanted(file, "mixtures", path).items) {
    BpbMixture mixture = read_mixture(node, path);
    const bool taken = std::any_of(mixtures.begin(), mixtures.end(),
                                   [&](const BpbMixture& m) { return m.name == mixture.name; });
    if (taken) refuse_node(path, node, "there is a mixture of this name already: " + mixture.name);
    mixtures.push_back(std::move(mixture));
  }
}

}  // namespace

std::vector<BpbMixture> load_bpb_mixtures(const std::string& user_file) {
  std::vector<BpbMixture> mixtures;
  append_file(mixtures, definitions_folder() + "/bpb/_mixtures_yaml");
  if (!user_file.empty()) append_file(mixtures, user_file);
  return mixtures;
}

}  // namespace flm
