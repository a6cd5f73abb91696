#include "reports/views/comparison/comparison_views.h"

#include "reports/html/compare/compare_page.h"
#include "reports/views/comparison/comparison_csv.h"
#include "reports/views/comparison/comparison_json.h"
#include "reports/views/comparison/comparison_latex.h"
#include "reports/views/comparison/comparison_markdown.h"
#include "reports/views/comparison/comparison_terminal.h"

namespace flm {

namespace {

std::string render_page(const Comparison& comparison, const ComparisonView& view) {
  return render_compare_html(comparison, view.html);
}

}  // namespace

const std::vector<ComparisonFormat>& comparison_views() {
  static const std::vector<ComparisonFormat> all = {
      {"text", false, render_comparison_terminal}, {"md", false, render_comparison_markdown},
      {"csv", true, render_comparison_csv},        {"latex", false, render_comparison_latex},
      {"json", true, render_comparison_json},      {"html", true, render_page},
  };
  return all;
}

const ComparisonFormat* find_comparison_view(const std::string& name) {
  for (const ComparisonFormat& view : comparison_views())
    if (view.name == name) return &view;
  return nullptr;
}

}  // namespace flm
