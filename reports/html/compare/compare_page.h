// compare.html: runs side by side in one file.
#pragma once

#include <string>

#include "reports/comparison.h"
#include "reports/html/html_options.h"

namespace flm {

/// A function of the comparison, the texts of its runs and the options.
std::string render_compare_html(const Comparison& comparison, const HtmlOptions& options);

}  // namespace flm
