#include "reports/compare/compare_runs.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/errors.h"
#include "base/text/joined.h"
#include "base/text/nearest_name.h"
#include "reports/compare/contrast.h"
#include "reports/compare/many_runs.h"
#include "reports/compare/paired_figures.h"
#include "reports/compare/protocol_difference.h"
#include "reports/statistics/differences/multiplicity.h"

namespace flm {
namespace {

constexpr std::size_t kNamed = 6;

/// The last parts of a path or a hub name.
std::string end_of(const std::string& name, int parts = 1) {
  const std::string path = name.substr(0, name.find_last_not_of('/') + 1);
  if (path.empty()) return name;
  std::size_t at = path.size();
  while (parts-- > 0 && at != std::string::npos && at > 0) at = path.rfind('/', at - 1);
  return at == std::string::npos ? path : path.substr(at + 1);
}

/// As much of a run's origin, from its end, as no run of another origin has.
std::string own_end(const std::vector<LoggedRun>& runs, const std::string& origin) {
  const auto all = 1 + std::count(origin.begin(), origin.end(), '/');
  int parts = 1;
  const auto taken = [&](const LoggedRun& run) {
    return run.about.origin != origin && end_of(run.about.origin, parts) == end_of(origin, parts);
  };
  while (parts < all && std::any_of(runs.begin(), runs.end(), taken)) ++parts;
  return end_of(origin, parts);
}

/// A, B, ... and names that tell the runs apart.
void name_runs(std::vector<LoggedRun>& runs) {
  const auto taken = [&](const std::string& name) {
    return std::count_if(runs.begin(), runs.end(),
                         [&](const LoggedRun& run) { return run.about.name == name; }) > 1;
  };
  for (LoggedRun& run : runs)
    if (run.about.name.empty()) run.about.name = end_of(run.about.model);
  std::vector<std::string> names;
  for (const LoggedRun& run : runs)
    names.push_back(taken(run.about.name) || run.about.name.empty()
                        ? own_end(runs, run.about.origin)
                        : run.about.name);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    runs[r].about.name = names[r];
    runs[r].about.letter =
        r < 26 ? std::string(1, static_cast<char>('A' + r)) : "R" + std::to_string(r + 1);
  }
}

/// The metrics that one correction covers: pointers into the comparison, and what to call it.
class Family {
 public:
  /// A task that stands in several rows is one test.
  void add(const std::string& test, MetricComparison& metric) {
    const auto [first, added] =
        tests_.try_emplace(test + "\n" + metric.metric + "\n" + metric.filter, metrics_.size());
    if (added)
      metrics_.push_back({&metric});
    else
      metrics_[first->second].push_back(&metric);
  }
  void adjust(PValues (*correct)(const PValues&), const std::string& name) {
    PValues p;
    for (const auto& rows : metrics_) p.push_back(rows.front()->p);
    const PValues adjusted = correct(p);
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      if (!adjusted[i]) continue;
      for (MetricComparison* metric : metrics_[i]) {
        metric->detectable = detectable_difference(*metric, tests());
        metric->p_adjusted = adjusted[i];
        metric->adjustment = name;
        metric->outcome = outcome_of(*metric, adjusted[i]);
      }
    }
  }
  std::int64_t tests() const {
    return std::count_if(metrics_.begin(), metrics_.end(),
                         [](const auto& rows) { return rows.front()->p.has_value(); });
  }

 private:
  std::map<std::string, std::size_t> tests_;
  std::vector<std::vector<MetricComparison*>> metrics_;  // [tests][rows]
};

/// Rows below a group with a figure of its own are looked at, not decided upon.
void adjust(Comparison& comparison) {
  Family confirmed, secondary;
  for (Contrast& contrast : comparison.contrasts) {
    Family tasks, groups, others;  // inside pooled groups; others: metrics that are not judged
    for (ComparisonRow& row : contrast.rows)
      for (MetricComparison& metric : row.metrics) {
        Family& family = row.inside ? (!metric.main   ? others
                                       : row.is_group ? groups
                                                      : tasks)
                                    : (metric.main ? confirmed : secondary);
        family.add(std::to_string(contrast.other) + "\n" + row.name, metric);
      }
    others.adjust(benjamini_hochberg, "Benjamini-Hochberg");
    tasks.adjust(benjamini_hochberg, "Benjamini-Hochberg");
    groups.adjust(benjamini_hochberg, "Benjamini-Hochberg");
  }
  confirmed.adjust(holm, "Holm");
  secondary.adjust(benjamini_hochberg, "Benjamini-Hochberg");
  comparison.tests = confirmed.tests();
}

/// As a run's report says it: such figures look like results and are none.
void warn_of_samples(Comparison& comparison) {
  std::vector<std::string> names;
  for (const Contrast& contrast : comparison.contrasts)
    for (const ComparisonRow& row : contrast.rows) {
      const bool shown = !row.inside && row.builtin_sample && (!row.is_group || row.pooled);
      if (shown && std::find(names.begin(), names.end(), row.name) == names.end())
        names.push_back(row.name);
    }
  if (names.empty()) return;
  comparison.warnings.push_back(
      "NOT A BENCHMARK RESULT: small built-in samples in place of the data sets (" +
      first_few(names, kNamed) + ")");
}

/// Leaves of our metrics beside the task files' those that are named, and tells the others' names.
std::vector<std::string> leave_out_unnamed(std::vector<LoggedRun>& runs,
                                           const CompareOptions& options) {
  const std::string named = options.metric.substr(0, options.metric.find(','));
  const auto is_wanted = [&](const LoggedMetric& metric) {
    return !metric.beside || metric.metric == named ||
           std::find(options.also.begin(), options.also.end(), metric.metric) != options.also.end();
  };
  std::vector<std::string> names;
  for (LoggedRun& run : runs)
    for (LoggedTask& task : run.tasks)
      std::erase_if(task.metrics, [&](const LoggedMetric& metric) {
        if (!is_wanted(metric)) names.push_back(metric.metric);
        return !is_wanted(metric);
      });
  return names;
}

/// `known`: names beside those that were compared.
void check_metric(const Comparison& comparison, const std::string& named,
                  std::vector<std::string> known) {
  if (named.empty()) return;
  bool any = false;
  for (const Contrast& contrast : comparison.contrasts)
    for (const ComparisonRow& row : contrast.rows)
      for (const MetricComparison& metric : row.metrics) {
        if (is_named(metric.metric, metric.filter, named)) return;
        known.push_back(metric.metric);
        any = true;
      }
  if (!any) return;  // nothing is comparable: that is what there is to say
  const std::string near = nearest_name(named, known);
  throw UserError("no task of these runs has the metric" +
                  (near.empty() ? std::string() : ", did you mean " + near + "?") + ": " + named);
}

}  // namespace

Comparison compare_runs(std::vector<LoggedRun> runs, const CompareOptions& options) {
  if (runs.size() < 2)
    throw UserError("two runs or more are compared; given: " + std::to_string(runs.size()));
  name_runs(runs);
  const std::vector<std::string> unnamed = leave_out_unnamed(runs, options);
  Comparison out;
  std::set<std::string> notes;
  std::vector<ComparedTasks> compared;
  for (std::size_t r = 1; r < runs.size(); ++r) {
    compared.push_back(compare_tasks(runs[0], runs[r], options));
    out.contrasts.push_back({r, lay_out(runs[0], runs[r], compared.back())});
    mark_inside(out.contrasts.back().rows);
    for (const std::string& note : run_notes(runs[0], runs[r]))
      if (notes.insert(note).second)
        out.notes.push_back((runs.size() > 2 ? runs[r].about.letter + ": " : "") + note);
  }
  check_metric(out, options.metric, unnamed);
  adjust(out);
  warn_of_samples(out);
  if (const std::string limited = limit_warning(runs); !limited.empty())
    out.warnings.push_back(limited);
  if (runs.size() > 2) out.many = compare_many(runs, out, options.every_pair);
  for (LoggedRun& run : runs) out.runs.push_back(std::move(run.about));
  return out;
}

}  // namespace flm
