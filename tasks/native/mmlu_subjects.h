// The subjects of MMLU, as its task files name them.
#pragma once

#include <vector>

namespace flm {

const std::vector<const char*>& mmlu_subjects();

}  // namespace flm
