#include "reports/views/tracking/tracking_markdown.h"

#include "reports/figures/figures.h"
#include "reports/figures/markdown_text.h"
#include "reports/figures/row_text.h"
#include "reports/views/tracking/curve_figures.h"
#include "reports/views/tracking/curve_remarks.h"
#include "reports/views/tracking/sweep_lines.h"

namespace flm {
namespace {

std::string row_of(const TrackedSeries& series, const TrackedCurve& curve,
                   const std::string& protocol) {
  const std::string name = row_name(curve.task, curve.alias, curve.depth, curve.is_group);
  const auto last = last_value(series, curve);
  const std::string metric = metric_text(curve, protocol);
  if (!last) return markdown_row({name, metric, "N/A", "", "", "", ""}, curve.depth);
  const TrackedValue& value = *last->value;
  const int decimals = decimals_of(value);
  const auto error = [&](const std::optional<double>& figure) {
    return figure ? fixed(*figure, decimals) : "";
  };
  return markdown_row(
      {name, metric, fixed(value.value, decimals),
       value.change ? signed_text(*value.change, decimals) : "", error(value.change_stderr),
       error(value.checkpoint_noise), last->point->record.checkpoint},
      curve.depth);
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += "- " + markdown_text(text) + "\n";
  return out;
}

std::string sweep_of(const SweepTable& sweep) {
  const std::vector<std::string> head = sweep_head(sweep);
  std::string out = "## Sweep\n\n" + markdown_text(sweep_verdict(sweep)) + "\n\n" +
                    markdown_head(head, std::vector<bool>(head.size(), false));
  for (const std::vector<std::string>& line : sweep_lines(sweep)) out += markdown_row(line, 0);
  return out + "\n";
}

}  // namespace

std::string tracking_markdown(const Tracking& tracking) {
  std::string out;
  for (const std::string& warning : tracking.warnings)
    out += "**" + markdown_text(warning) + "**\n\n";
  for (const TrackedSeries& series : tracking.series) {
    out += "## " + markdown_text(series.name) + "\n\n";
    out += markdown_head({"Task", "Metric", "Last", "Change", "±items", "±noise", "At"},
                         {false, false, true, true, true, true, false});
    const std::string protocol = only_protocol(series);
    for (const TrackedCurve& curve : series.curves)
      if (curve.main) out += row_of(series, curve, protocol);
    out += "\n";
    for (const std::vector<std::string>& texts :
         {gap_lines(series), spike_remarks(series), extrapolation_remarks(series, tracking.request),
          token_remarks(series), log_remarks(series)})
      out += list_of(texts);
    out += "\n";
  }
  if (tracking.sweep) out += sweep_of(*tracking.sweep);
  return out + list_of(tracking.notes) + list_of(method_remarks(tracking));
}

}  // namespace flm
