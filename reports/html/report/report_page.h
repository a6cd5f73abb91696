// report.html: a run in one file.
#pragma once

#include <string>

#include "reports/html/html_options.h"
#include "reports/report.h"
#include "reports/store/store.h"

namespace flm {

/// A function of the records and the options: the same bytes whenever it is made.
std::string render_report_html(const Report& report, Store& store, const HtmlOptions& options);

}  // namespace flm
