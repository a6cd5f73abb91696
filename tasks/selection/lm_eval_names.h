// Names of lm-evaluation-harness's tasks, groups and tags, most of which are not built in here.
#pragma once

#include <string>

namespace flm {

/// The version of lm-evaluation-harness that knows the name; "" where none does that we know of
/// (tasks/definitions/lm_eval_names.txt, which scripts/lm_eval_names writes).
std::string lm_eval_version_with(const std::string& name);

}  // namespace flm
