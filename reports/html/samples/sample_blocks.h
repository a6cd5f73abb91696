// Samples inside a page: columns for filtering in one compressed block, texts in many, each a
// script tag of base64 that page.js inflates when somebody asks for it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/html/html_options.h"
#include "reports/html/samples/sample_list.h"

namespace flm {

struct SampleBlocks {
  std::string scripts;  // "" = no sample is shown
  std::size_t shown = 0, total = 0;
  std::string left_out;  // what is not there and why, a sentence; "" = all are there
};

/// Texts of about 128 KiB a block, deflated; what all prompts of a task begin with stands once, in
/// the columns. `budget`: bytes that the scripts may take under HtmlSamples::kFit.
SampleBlocks sample_blocks(const std::vector<SampleGroup>& groups, const HtmlOptions& options,
                           std::size_t budget);

}  // namespace flm
