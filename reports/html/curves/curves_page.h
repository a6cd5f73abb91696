// curves.html: a series of checkpoints in one file.
#pragma once

#include <string>

#include "reports/html/curves/curves.h"

namespace flm {

/// The same bytes for the same curves. Complete without scripts: radio buttons show one of the
/// ready charts of each axis.
std::string render_curves_html(const Curves& curves);

}  // namespace flm
