// Outputs against approved texts in tests/reports/baselines.
#pragma once

#include <string>

namespace flm {

/// Fails where `text` is not the file's; FLM_APPROVE=1 writes it.
void expect_baseline(const std::string& name, const std::string& text);

}  // namespace flm
