#include "tasks/files/foreign_modules.h"

#include <set>

#include "tasks/files/readers.h"
#include "tasks/native/foreign_module.h"

namespace flm {
namespace {

void find_functions(const TaskKey& key, const YamlNode& node, std::set<std::string>& seen,
                    std::vector<std::string>& findings) {
  if (node.kind == YamlNode::Kind::kFunction) {
    const std::string module = foreign_module(key.file, node.text);
    if (!module.empty() && seen.insert(module).second) {
      findings.push_back(
          place_of(key, node) + ": !function " + node.text + " is native here, and " + module +
          " is not the file of lm-evaluation-harness 0.4.13 that it stands in for; write the task "
          "without Python, or say that it is meant with --accept-native-functions");
    }
  }
  for (const YamlNode& item : node.items) find_functions(key, item, seen, findings);
  for (const auto& [name, value] : node.entries) find_functions(key, value, seen, findings);
}

}  // namespace

std::vector<std::string> foreign_module_findings(const TaskFile& file) {
  std::set<std::string> seen;
  std::vector<std::string> findings;
  for (const TaskKey& key : file.keys) find_functions(key, key.value, seen, findings);
  return findings;
}

}  // namespace flm
