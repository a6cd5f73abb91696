// Mixtures: named weights over bits-per-byte domains, ours and a user's.
#pragma once

#include <string>
#include <vector>

#include "tasks/task.h"

namespace flm {

/// The mixtures that ship, then those of `user_file` ("" = none), each with leaf task names in
/// place of domains. UserError FILE:line for a bad weight, a doubled or empty mixture.
std::vector<BpbMixture> load_bpb_mixtures(const std::string& user_file);

}  // namespace flm
