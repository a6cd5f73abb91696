#include "tasks/selection/lm_eval_names.h"

#include <sstream>

#include "base/system/files.h"
#include "tasks/selection/task_index.h"

namespace flm {

std::string lm_eval_version_with(const std::string& name) {
  std::istringstream lines(read_file(definitions_folder() + "/lm_eval_names.txt"));
  std::string version, known, rest;
  std::getline(lines, version);
  for (std::size_t common = 0; lines >> common >> rest;) {
    known = known.substr(0, common) + rest;
    if (known == name) return version;
  }
  return "";
}

}  // namespace flm
