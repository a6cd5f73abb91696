#include "reports/views/views.h"

#include "reports/html/report/report_page.h"
#include "reports/views/csv.h"
#include "reports/views/latex.h"
#include "reports/views/markdown.h"
#include "reports/views/runs_table.h"
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
  return render_terminal(report, {settings.columns, settings.all, settings.colour});
}

std::string render_html(const Report& report, const ViewSettings& settings) {
  return render_report_html(report, settings.store, settings.html);
}

std::string several_text(const std::vector<Report>& reports, const ViewSettings& settings) {
  return runs_table_text(reports, settings.all, settings.columns);
}

std::string several_markdown(const std::vector<Report>& reports, const ViewSettings& settings) {
  return runs_table_markdown(reports, settings.all);
}

std::string several_latex(const std::vector<Report>& reports, const ViewSettings& settings) {
  return runs_table_latex(reports, settings.all);
}

std::string several_csv(const std::vector<Report>& reports, const ViewSettings&) {
  return render_csv(reports);
}

/// An array of what results.json holds.
std::string several_json(const std::vector<Report>& reports, const ViewSettings&) {
  std::string out;
  for (const Report& report : reports) out += (out.empty() ? "[" : ",\n") + report.results_json;
  return out + "]\n";
}

}  // namespace

const std::vector<View>& views() {
  static const std::vector<View> all = {
      {"text", render_text, "", true, true, several_text},
      {"md", alone<render_markdown>, "report.md", true, true, several_markdown},
      {"csv", alone<render_csv>, "", false, false, several_csv},
      {"latex", alone<render_latex>, "", false, true, several_latex},
      {"json", alone<render_json>, "results.json", false, false, several_json},
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
