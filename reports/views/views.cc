#include "reports/views/views.h"

#include "reports/html/report_page.h"
#include "reports/views/csv.h"
#include "reports/views/latex.h"
#include "reports/views/markdown.h"
#include "reports/views/terminal.h"

namespace flm {
namespace {

/// A view of the report alone.
template <std::string (*render)(const Report&)>
std::string alone(const Report& report, const ViewSettings&) {
  return render(report);
}

std::string render_json(const Report& report) { return report.results_json + "\n"; }

std::string render_text(const Report& report, const ViewSettings& settings) {
  return render_terminal(report, settings.columns, settings.all);
}

std::string render_html(const Report& report, const ViewSettings& settings) {
  return render_report_html(report, settings.store, settings.html);
}

}  // namespace

const std::vector<View>& views() {
  static const std::vector<View> all = {
      {"text", render_text, "", true},
      {"md", alone<render_markdown>, "report.md", true},
      {"csv", alone<render_csv>, ""},
      {"latex", alone<render_latex>, ""},
      {"json", alone<render_json>, "results.json"},
      {"html", render_html, "report.html"},
  };
  return all;
}

const View* find_view(const std::string& name) {
  for (const View& view : views())
    if (view.name == name) return &view;
  return nullptr;
}

}  // namespace flm
