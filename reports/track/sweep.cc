#include "reports/track/sweep.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/numbers/normal95.h"
#include "base/text/joined.h"
#include "reports/store/run_parts.h"
#include "reports/track/axes.h"
#include "reports/track/changes.h"
#include "reports/track/point_figures.h"

namespace flm {
namespace {

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Everything that a coordinate can be, with its value in this member.
std::map<std::string, std::string> coordinates_of(const TrackedSeries& series,
                                                  const RunRecord& run) {
  std::map<std::string, std::string> out;
  const Json engine = engine_part(run);
  for (const auto& [key, value] : engine.items())
    if (value.is_number() || value.is_string() || value.is_boolean()) out[key] = text_of(value);
  double lr = 0;
  if (series.log)
    for (const TrainingPoint& point : series.log->live.points)
      lr = std::max(lr, point.learning_rate.value_or(0));
  if (lr > 0) out["lr"] = python_float_repr(lr);
  return out;
}

/// Numbers by size, other texts by their letters.
bool before(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    const double x = std::strtod(a[i].c_str(), nullptr), y = std::strtod(b[i].c_str(), nullptr);
    return x != y ? x < y : a[i] < b[i];
  }
  return false;
}

class Sweep {
 public:
  Sweep(Store& store, const std::map<std::string, RunRecord>& runs, const Tracking& tracking)
      : store_(store), runs_(runs), tracking_(tracking) {}

  SweepTable compare() {
    table_.by = tracking_.request.by;
    if (tracking_.series.size() < 2)
      throw UserError(
          "a sweep wants several runs; give more --series, or a glob over their "
          "folders: " +
          tracking_.series.at(0).name);
    choose_figure();
    choose_place();
    for (const TrackedSeries& series : tracking_.series) add_row(series);
    std::sort(order_.begin(), order_.end(), [&](std::size_t i, std::size_t j) {
      return before(rows_[i].coordinates, rows_[j].coordinates);
    });
    for (std::size_t begin = 0, end = 0; begin < order_.size(); begin = end) {
      while (end < order_.size() && width(order_[end]) == width(order_[begin])) ++end;
      compare_width(begin, end);
    }
    for (const std::size_t i : order_) table_.rows.push_back(rows_[i]);
    table_.verdict = verdict();
    return std::move(table_);
  }

 private:
  void choose_figure() {
    for (const TrackedSeries& series : tracking_.series) {
      if (series.curves.empty() || !series.curves[0].headline) continue;
      const TrackedCurve& head = series.curves[0];
      table_.task = head.task;
      table_.metric = head.metric;
      table_.filter = head.filter;
      table_.higher_is_better = head.higher_is_better;
      return;
    }
    throw UserError("no run of the sweep has a figure yet: " + tracking_.series.at(0).name);
  }

  const TrackedCurve* curve_of(const TrackedSeries& series) const {
    for (const TrackedCurve& curve : series.curves)
      if (curve.task == table_.task && curve.metric == table_.metric &&
          curve.filter == table_.filter)
        return &curve;
    return nullptr;
  }

  std::optional<double> place(const TrackedPoint& point) const {
    return table_.axis == "tokens" ? point.tokens
                                   : std::optional(static_cast<double>(point.record.step));
  }

  std::set<double> places_of(const TrackedSeries& series) const {
    std::set<double> out;
    const TrackedCurve* curve = curve_of(series);
    for (std::size_t i = 0; curve && i < series.points.size(); ++i)
      if (series.points[i].on_line() && curve->values[i])
        if (const auto x = place(series.points[i])) out.insert(*x);
    return out;
  }

  void choose_place() {
    table_.axis = "tokens";
    for (const TrackedSeries& series : tracking_.series)
      if (!tokens_rise(series.points)) table_.axis = "steps";
    std::set<double> common = places_of(tracking_.series[0]);
    for (const TrackedSeries& series : tracking_.series) {
      const std::set<double> here = places_of(series);
      std::erase_if(common, [&](double x) { return !here.contains(x); });
      if (common.empty())
        throw UserError("the runs of the sweep have no checkpoint at equal " + table_.axis +
                        "; score more of them, or leave this one out: " + series.name);
    }
    table_.x = *common.rbegin();
  }

  void add_row(const TrackedSeries& series) {
    const TrackedCurve& curve = *curve_of(series);
    for (std::size_t i = 0; i < series.points.size(); ++i) {
      const TrackedPoint& point = series.points[i];
      if (!point.on_line() || !curve.values[i] || place(point) != table_.x) continue;
      const RunRecord& run = runs_.at(point.record.run);
      SweepRow row;
      row.member = series.name;
      row.checkpoint = point.record.checkpoint;
      row.value = curve.values[i]->value;
      const std::map<std::string, std::string> known = coordinates_of(series, run);
      for (const std::string& name : table_.by) {
        const auto found = known.find(name);
        if (found == known.end())
          throw UserError("nothing says this coordinate of " + series.name + "; known: " +
                          joined(known, ", ", [](const auto& one) { return one.first; }) +
                          "; lr wants a --log for each run: " + name);
        row.coordinates.push_back(found->second);
      }
      order_.push_back(rows_.size());
      rows_.push_back(std::move(row));
      std::vector<std::string> warnings;  // told where the series was read
      const ScoredPoints scored = scored_points(store_, runs_, series.points);
      figures_.push_back(read_figures(store_, point.record.checkpoint, scored.runs[i],
                                      scored.wanted, ids_, warnings));
      return;
    }
  }

  /// The first of several coordinates; runs that one alone tells apart are all compared.
  bool has_widths() const { return table_.by.size() > 1; }
  std::string width(const SweepRow& row) const { return has_widths() ? row.coordinates[0] : ""; }
  std::string width(std::size_t row) const { return width(rows_[row]); }

  bool better(double a, double b) const { return table_.higher_is_better ? a > b : a < b; }

  /// order_[begin, end): the members of one width.
  void compare_width(std::size_t begin, std::size_t end) {
    std::size_t best = order_[begin];
    for (std::size_t i = begin; i < end; ++i)
      if (better(rows_[order_[i]].value, rows_[best].value)) best = order_[i];
    rows_[best].best = true;
    for (std::size_t i = begin; i < end; ++i)
      if (order_[i] != best) compare_to(best, order_[i]);
  }

  void compare_to(std::size_t best, std::size_t at) {
    const Changes changes(figures_[best], figures_[at]);
    std::optional<PairedChange> change;
    const GroupRecord* group = nullptr;
    for (const GroupRecord& one : figures_[at].groups)
      if (one.name == table_.task) group = &one;
    change = group ? changes.of_group(*group, table_.metric, table_.filter)
                   : changes.of_task(table_.task, table_.metric, table_.filter);
    if (!change) return;
    SweepRow& row = rows_[at];
    row.difference = change->difference;
    row.stderr_value = change->stderr_value;
    row.tied =
        change->stderr_value && std::fabs(change->difference) <= kNormal95 * *change->stderr_value;
  }

  /// Hyperparameters without the width, as text.
  std::string setting(const SweepRow& row) const {
    std::string out;
    for (std::size_t i = has_widths(); i < row.coordinates.size(); ++i)
      out += (out.empty() ? "" : ", ") + table_.by[i] + " " + row.coordinates[i];
    return out;
  }

  std::string verdict_of_one_coordinate() const {
    std::string best, tied;
    for (const SweepRow& row : table_.rows) {
      if (row.best) best = setting(row);
      if (row.tied) tied += (tied.empty() ? "" : "; ") + setting(row);
    }
    return best + " is best" + (tied.empty() ? "" : ", not told from it: " + tied);
  }

  std::string verdict() const {
    if (!has_widths()) return verdict_of_one_coordinate();
    std::map<std::string, std::set<std::string>> good;  // by width: settings as good as the best
    std::string bests;
    for (const SweepRow& row : table_.rows) {
      if (row.best || row.tied) good[row.coordinates[0]].insert(setting(row));
      if (row.best)
        bests += (bests.empty() ? "" : "; ") + table_.by[0] + " " + row.coordinates[0] + ": " +
                 setting(row);
    }
    if (good.size() < 2)
      return "one width alone does not say whether the optimum moves (" + bests + ")";
    std::set<std::string> everywhere = good.begin()->second;
    for (const auto& [of, settings] : good)
      std::erase_if(everywhere, [&good_here = settings](const std::string& s) {
        return !good_here.contains(s);
      });
    if (everywhere.empty()) return "the optimum moves with " + table_.by[0] + " (" + bests + ")";
    return "no move of the optimum is seen: " + *everywhere.begin() +
           " is best at every width or not told from it (" + bests + ")";
  }

  Store& store_;
  const std::map<std::string, RunRecord>& runs_;
  const Tracking& tracking_;
  SweepTable table_;
  ItemIds ids_;
  std::vector<SweepRow> rows_;
  std::vector<PointFigures> figures_;  // [rows]
  std::vector<std::size_t> order_;     // of rows, by coordinates
};

}  // namespace

SweepTable compare_sweep(Store& store, const std::map<std::string, RunRecord>& runs,
                         const Tracking& out) {
  return Sweep(store, runs, out).compare();
}

}  // namespace flm
