#include "reports/views/tracking/tracking_text.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text/shell_word.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"
#include "reports/figures/wrapped_text.h"
#include "reports/views/row_metrics.h"
#include "reports/views/text_table.h"
#include "reports/views/tracking/curve_figures.h"
#include "reports/views/tracking/curve_remarks.h"
#include "reports/views/tracking/sweep_lines.h"

namespace flm {
namespace {

constexpr std::size_t kPlotWidth = 24, kLeastPlot = 8;
constexpr std::size_t kMetric = 1;  // the column

class TrackingWriter {
 public:
  TrackingWriter(const Tracking& tracking, int columns) : tracking_(tracking), columns_(columns) {}

  std::string write() {
    for (const std::string& warning : tracking_.warnings)
      line((warning.starts_with("NOT A") ? "* " : "") + terminal_safe(warning), 2);
    for (const TrackedSeries& series : tracking_.series) write_series(series);
    write_sweep();
    lines(tracking_.notes, "note: ");
    lines(method_remarks(tracking_));
    next();
    return std::move(out_);
  }

 private:
  void line(const std::string& text, std::size_t hang = 0) {
    out_ += wrapped(text, columns_, hang);
  }

  void lines(const std::vector<std::string>& texts, const std::string& head = "") {
    for (const std::string& text : texts) line(terminal_safe(head + text), 2);
  }

  void write_series(const TrackedSeries& series) {
    line(terminal_safe("Series " + series.name + ": " + extent_of(series)), 2);
    out_ += "\n";
    table(series);
    out_ += "\n";
    if (const std::string protocol = only_protocol(series); !protocol.empty())
      line("bpb: " + terminal_safe(protocol), 2);
    lines(gap_lines(series), "gap: ");
    lines(spike_remarks(series));
    lines(extrapolation_remarks(series, tracking_.request));
    lines(token_remarks(series));
    lines(log_remarks(series));
  }

  /// The plot gets the room that the figures leave it, 8 columns at least.
  void table(const TrackedSeries& series) {
    TextTable table = table_of(series, kPlotWidth);
    std::vector<std::size_t> all(table.columns.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    const std::size_t width = text_table_width(table, all);
    const auto room = static_cast<std::size_t>(columns_);
    if (columns_ > 0 && width > room)
      table = table_of(series, kPlotWidth - std::min(width - room, kPlotWidth - kLeastPlot));
    const std::vector<std::size_t> fitting = fitting_columns(table, columns_);
    out_ += render_text_table(table, fitting, columns_);
    if (std::find(fitting.begin(), fitting.end(), kMetric) == fitting.end()) metrics_apart(table);
  }

  void metrics_apart(const TextTable& table) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const std::vector<std::string>& cells : table.lines)
      rows.emplace_back(cells[0].substr(cells[0].find_first_not_of(' ')), cells[kMetric]);
    for (const std::string& text : metric_lines(rows)) line(text, 2);
  }

  static TextTable table_of(const TrackedSeries& series, std::size_t plot_width) {
    TextTable table;
    table.columns = {{"Task"},         {"Metric", false, 1}, {"Last", true}, {"Change", true},
                     {"±items", true}, {"±noise", true},     {"Curve"}};
    const std::string protocol = only_protocol(series);
    for (const TrackedCurve& curve : series.curves)
      if (curve.main) table.lines.push_back(cells_of(series, curve, protocol, plot_width));
    return table;
  }

  void write_sweep() {
    if (!tracking_.sweep) return;
    line(terminal_safe("Sweep: " + sweep_verdict(*tracking_.sweep)), 2);
    out_ += "\n";
    TextTable table;
    for (const std::string& name : sweep_head(*tracking_.sweep))
      table.columns.push_back({terminal_safe(name), name != "run" && name != "of its width", 0});
    for (std::vector<std::string> cells : sweep_lines(*tracking_.sweep)) {
      for (std::string& cell : cells) cell = terminal_safe(cell);
      table.lines.push_back(std::move(cells));
    }
    out_ += render_text_table(table, fitting_columns(table, columns_), columns_) + "\n";
  }

  static std::vector<std::string> cells_of(const TrackedSeries& series, const TrackedCurve& curve,
                                           const std::string& protocol, std::size_t plot_width) {
    const std::string name =
        std::string(2 * static_cast<std::size_t>(curve.depth), ' ') +
        terminal_safe(row_name(curve.task, curve.alias, curve.depth, curve.is_group));
    const std::string metric = terminal_safe(metric_text(curve, protocol));
    const std::string plot = block_plot(series, curve, plot_width);
    const auto last = last_value(series, curve);
    if (!last) return {name, metric, "N/A", "", "", "", plot};
    const TrackedValue& value = *last->value;
    const int decimals = decimals_of(value);
    const auto error = [&](const std::optional<double>& figure) {
      return figure ? fixed(*figure, decimals) : "";
    };
    return {name,
            metric,
            fixed(value.value, decimals),
            value.change ? signed_text(*value.change, decimals) : "",
            error(value.change_stderr),
            error(value.checkpoint_noise),
            plot};
  }

  void next() {
    const bool any = std::any_of(tracking_.series.begin(), tracking_.series.end(),
                                 [](const TrackedSeries& one) { return !one.curves.empty(); });
    if (any) line("next:");
    for (const TrackedSeries& series : tracking_.series) {
      std::vector<std::string> names;
      for (const TrackedPoint& point : series.points)
        if (point.on_line() && !point.run_name.empty()) names.push_back(point.run_name);
      if (names.size() < 2) continue;
      out_ += "  flmeval compare " + terminal_safe(shell_word(names[names.size() - 2])) + " " +
              terminal_safe(shell_word(names.back())) +
              terminal_safe(tracking_.request.store_flag) + "\n";
    }
  }

  const Tracking& tracking_;
  const int columns_;
  std::string out_;
};

}  // namespace

std::string tracking_text(const Tracking& tracking, int columns) {
  return TrackingWriter(tracking, columns).write();
}

}  // namespace flm
