// ORG/NAME[@REVISION] in the cache that huggingface_hub fills.
#pragma once

#include <string>

namespace flm {

/// The snapshot's folder, which may hold a tokenizer alone. UserError with the command that would
/// download it.
std::string snapshot_in_hub(const std::string& name);

/// The same of a model: a folder that can be a checkpoint.
std::string resolve_in_hub(const std::string& model);

}  // namespace flm
