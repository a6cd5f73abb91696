// ORG/NAME[@REVISION] in the cache that huggingface_hub fills.
#pragma once

#include <string>

namespace flm {

/// The snapshot's folder. UserError with the command that would download it.
std::string resolve_in_hub(const std::string& model);

}  // namespace flm
