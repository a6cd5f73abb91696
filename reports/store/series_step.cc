#include "reports/store/series_step.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>

#include "base/text/joined.h"

namespace flm {
namespace {

constexpr std::size_t kListedSteps = 16;

bool is_scored(const PointRecord& point) { return point.state == "scored" && !point.run.empty(); }

long long written(const PointRecord& point) {
  return std::strtoll(point.written.c_str(), nullptr, 10);
}

std::vector<std::int64_t> scored_steps(const std::vector<PointRecord>& points) {
  std::set<std::int64_t> steps;
  for (const PointRecord& point : points)
    if (is_scored(point)) steps.insert(point.step);
  return {steps.begin(), steps.end()};
}

/// The steps nearest to one, in ascending order.
std::vector<std::int64_t> nearest(std::vector<std::int64_t> steps, std::int64_t to) {
  const auto distance = [&](std::int64_t step) {
    return step < to ? static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(step)
                     : static_cast<std::uint64_t>(step) - static_cast<std::uint64_t>(to);
  };
  std::stable_sort(steps.begin(), steps.end(),
                   [&](auto a, auto b) { return distance(a) < distance(b); });
  steps.resize(std::min(steps.size(), kListedSteps));
  std::sort(steps.begin(), steps.end());
  return steps;
}

}  // namespace

std::optional<SeriesStep> parse_series_step(const std::string& selector) {
  const std::size_t at = selector.rfind('@');
  if (at == std::string::npos || at == 0) return std::nullopt;
  SeriesStep out{selector.substr(0, at), 0};
  const char* const end = selector.data() + selector.size();
  const auto [stop, error] = std::from_chars(selector.data() + at + 1, end, out.step);
  if (error != std::errc() || stop != end || out.step < 0) return std::nullopt;
  return out;
}

const RunRecord* run_of_step(std::int64_t step, const std::vector<PointRecord>& points,
                             const std::vector<RunRecord>& runs) {
  const RunRecord* found = nullptr;
  long long newest = 0;
  for (const RunRecord& run : runs)
    for (const PointRecord& point : points) {
      if (!is_scored(point) || point.step != step || point.run != run.id) continue;
      if (found && written(point) <= newest) continue;  // as new and scored before it
      found = &run;
      newest = written(point);
    }
  return found;
}

std::string no_run_of_step(const SeriesStep& asked, const std::vector<PointRecord>& points) {
  const std::vector<std::int64_t> all = scored_steps(points);
  std::string state;
  for (const PointRecord& point : points)
    if (point.step == asked.step)
      state = " (" + point.state + (point.reason.empty() ? "" : ": " + point.reason) + ")";
  const std::vector<std::int64_t> listed = nearest(all, asked.step);
  std::string steps = joined(listed, ", ", [](std::int64_t step) { return std::to_string(step); });
  if (all.size() > listed.size())
    steps += " and " + std::to_string(all.size() - listed.size()) + " more";
  return "the series " + asked.series + " has no scored checkpoint of this step" + state + "; " +
         (all.empty() ? "none of its checkpoints is scored" : "it has the steps " + steps);
}

}  // namespace flm
