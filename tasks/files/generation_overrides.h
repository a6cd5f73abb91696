// --gen-kwargs: generation arguments that win over those of every task file.
#pragma once

#include <string>
#include <vector>

#include "tasks/files/task_file.h"

namespace flm {

/// Each word is a JSON object or KEY=VALUE[,KEY=VALUE...], values as lm-evaluation-harness reads
/// them: JSON where they are, else true, false, none, a number or text. UserError for the rest.
std::vector<std::pair<std::string, YamlNode>> parse_generation_overrides(
    const std::vector<std::string>& words);

/// Merges them into the file's generation_kwargs; only a generate_until task has any.
void override_generation(TaskFile& file,
                         const std::vector<std::pair<std::string, YamlNode>>& overrides);

}  // namespace flm
