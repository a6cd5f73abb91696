// The pages in docs/ as tests read them.
#pragma once

#include <map>
#include <sstream>
#include <string>

#include "tests/harness/program.h"

namespace flm::testing {

/// Fenced blocks with a name: "```yaml capitals.yaml" -> its text.
inline std::map<std::string, std::string> named_blocks(const std::string& page) {
  std::map<std::string, std::string> blocks;
  std::istringstream document(slurp(std::string(FLM_SOURCE_DIR) + "/docs/" + page));
  std::string name;
  bool inside = false;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      std::istringstream words(line.substr(3));
      std::string language;
      name.clear();
      if (inside) words >> language >> name;
    } else if (inside && !name.empty()) {
      blocks[name] += line + "\n";
    }
  }
  return blocks;
}

}  // namespace flm::testing
