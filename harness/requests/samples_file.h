// --samples of run, show, plan and track: which documents of which task.
#pragma once

#include <string>

#include "base/documents/json.h"

namespace flm {

/// --samples is the JSON itself, not a file of it.
bool is_inline_json(const std::string& samples);

/// {task: [ids]} of --samples; empty without it. UserError where it says no such thing.
Json read_samples(const std::string& samples);

/// The same of its JSON; `origin`: the file, or --samples.
Json parse_samples(const std::string& json, const std::string& origin);

}  // namespace flm
