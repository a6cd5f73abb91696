#include "reports/views/views.h"

#include "reports/views/csv.h"
#include "reports/views/latex.h"
#include "reports/views/markdown.h"
#include "reports/views/terminal.h"

namespace flm {
namespace {

/// A view that shows every row, whatever the terminal's width.
template <std::string (*render)(const Report&)>
std::string of_any_width(const Report& report, const ReportView&) {
  return render(report);
}

std::string render_json(const Report& report) { return report.results_json + "\n"; }

}  // namespace

const std::vector<View>& views() {
  static const std::vector<View> all = {
      {"text", render_terminal, "", true},
      {"md", of_any_width<render_markdown>, "report.md", true},
      {"csv", of_any_width<render_csv>, ""},
      {"latex", of_any_width<render_latex>, ""},
      {"json", of_any_width<render_json>, "results.json"},
  };
  return all;
}

const View* find_view(const std::string& name) {
  for (const View& view : views())
    if (view.name == name) return &view;
  return nullptr;
}

}  // namespace flm
