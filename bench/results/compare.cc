#include "bench/results/compare.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>

#include "base/errors.h"
#include "base/text/printable.h"
#include "bench/results/statistics.h"

namespace flm::bench {
namespace {

constexpr std::size_t kLeastRepetitions = 5;  // below, no p can be under 0.01 (4: 0.0286)
constexpr double kWidestSame = 0.05;          // a wider threshold proves no sameness
constexpr double kLeastDrift = 0.05;          // of two sessions, where few rows show it
constexpr char kBusyReason[] =
    "a file of a busy machine proves no change: measure both on a quiet one, or compare the two "
    "programs, which then run in turn";
constexpr double kNormalQuartile = 0.67449;  // the median of |z|

constexpr std::array kDecisive = {
    "cpu",       "cores",      "isa",     "last_cache_bytes", "governor",       "kernel",
    "container", "huge_pages", "sampler", "format",           "time_operations"};
constexpr std::array kBuild = {"compiler", "flags", "build_type", "commit", "inject_slowdown"};
constexpr std::array kMachine = {"cpu", "cores", "isa", "last_cache_bytes"};

/// Relative standard deviation of the median, from the quartiles: a single disturbed repetition
/// says nothing about the others, and range or interval of ten values would be that one.
double deviation_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double sigma = (quantile(values, 0.75) - quantile(values, 0.25)) / 1.349;
  return 1.2533 * sigma / std::sqrt(static_cast<double>(values.size())) / quantile(values, 0.5);
}

/// The A/A spread: how far the ratio of two identical sides strays from 1 in 93 of 100 comparisons,
/// if both are as noisy as the worse of these. Twice that is passed by chance in 3 of 10,000.
double spread_of(const std::vector<double>& before, const std::vector<double>& after) {
  return 1.8 * std::sqrt(2.0) * std::max(deviation_of(before), deviation_of(after));
}

/// Whether the fastest samples tell more than the medians, seen from each side alone.
bool prefers_least(const ResultRow& before, const ResultRow& after, double least_threshold) {
  if (before.least.size() != before.seconds.size() || after.least.size() != after.seconds.size())
    return false;
  const double medians = spread_of(before.seconds, after.seconds);
  return 2 * medians > least_threshold && spread_of(before.least, after.least) < medians;
}

RowChange measured_change(const ResultRow& old_row, const ResultRow& new_row,
                          const CompareSettings& settings) {
  RowChange row;
  row.name = old_row.name;
  row.of_least = prefers_least(old_row, new_row, settings.least_threshold);
  const std::vector<double>& before = row.of_least ? old_row.least : old_row.seconds;
  const std::vector<double>& after = row.of_least ? new_row.least : new_row.seconds;
  row.old_median = median(before);
  row.new_median = median(after);
  row.ratio = row.new_median / row.old_median;
  row.p = mann_whitney(before, after);
  std::tie(row.ratio_low, row.ratio_high) = ratio_interval(before, after);
  row.threshold = std::max(settings.least_threshold, 2 * spread_of(before, after));
  return row;
}

RowChange invalid_change(const ResultRow& before, const ResultRow& after) {
  RowChange row;
  row.name = before.name;
  row.change = Change::kInvalid;
  if (!before.seconds.empty()) row.old_median = median(before.seconds);
  if (!after.seconds.empty()) row.new_median = median(after.seconds);
  row.reason = before.error.empty() ? "new: " + after.error : "old: " + before.error;
  return row;
}

/// How far each row's ratio would stray between two sessions of one program, by what the others
/// did: where most rows did not change, the typical one shows drift. Twice 1.8 standard deviations,
/// as of the A/A spread, and they from the median, so that the rows that did change are not in it;
/// few others tell it badly: two make it 3.5 times as wide. In trials of normal drift at most 1 of
/// 50 rows strays farther among two rows, 1 of 700 among 24.
std::vector<double> drifts_of(const std::vector<double>& ratios) {
  std::vector<double> strays, drifts;
  for (double ratio : ratios) strays.push_back(std::abs(std::log(ratio)));
  std::vector<double> sorted = strays;
  std::sort(sorted.begin(), sorted.end());
  for (double stray : strays) {
    std::vector<double> others = sorted;
    others.erase(std::lower_bound(others.begin(), others.end(), stray));
    const double typical = others.empty() ? 0 : quantile(others, 0.5) / kNormalQuartile;
    const double doubt = others.empty() ? 1 : 1 + 5 / static_cast<double>(others.size());
    drifts.push_back(std::max(kLeastDrift, std::expm1(2 * 1.8 * doubt * typical)));
  }
  return drifts;
}

const char* reason_of_width(const CompareSettings& settings) {
  return settings.sessions ? "noise and drift between the two sessions are too wide to say the "
                             "same: compare the two programs, which then run in turn"
                           : "the noise is too wide to say the same: repeat on a quiet machine";
}

const char* reason_of_nearness(const CompareSettings& settings) {
  return settings.sessions ? "a change that drift between the two sessions may be: compare the two "
                             "programs, which then run in turn"
                           : "a change that is significant and within the noise: more "
                             "--repetitions or --rounds, or a quieter machine";
}

/// Whether the change is significant and all of its interval beyond what counts: no sameness.
bool surely_counts(const RowChange& row, const CompareSettings& settings) {
  const double least = 1 + settings.least_threshold;
  return row.corrected_p < settings.alpha && row.ratio_high > 0 &&
         (row.ratio_low > least || row.ratio_high < 1 / least);
}

void judge(RowChange& row, std::size_t repetitions, const CompareSettings& settings) {
  const bool beyond = std::max(row.ratio, 1 / row.ratio) > 1 + row.threshold;
  const bool significant = row.corrected_p < settings.alpha;
  row.change = Change::kAmbiguous;
  if (repetitions < kLeastRepetitions)
    row.reason = "fewer than 5 repetitions a side prove nothing: more --repetitions or --rounds";
  else if (beyond && significant && settings.busy)
    row.reason = kBusyReason;
  else if (beyond && significant)
    row.change = row.ratio > 1 ? Change::kSlow : Change::kFast;
  else if (beyond)
    row.reason = "beyond the threshold but not significant: more --repetitions or --rounds";
  else if (row.threshold > kWidestSame)
    row.reason = reason_of_width(settings);
  else if (surely_counts(row, settings))
    row.reason = reason_of_nearness(settings);
  else
    row.change = Change::kSame;
}

using RowNames = std::map<std::string, const ResultRow*>;

RowNames names_of(const ResultFile& file) {
  RowNames out;
  for (const ResultRow& row : file.rows) out.emplace(row.name, &row);
  return out;
}

const ResultRow* row_of(const RowNames& names, const std::string& name) {
  const auto found = names.find(name);
  return found == names.end() ? nullptr : found->second;
}

/// "1 row in old.json, the first NAME"
std::string some_row(const ResultFile& file) {
  const std::size_t count = file.rows.size();
  return std::to_string(count) + " row" + (count == 1 ? "" : "s") + " in " + file.origin +
         (count == 0 ? "" : ", the first " + printable(file.rows[0].name));
}

}  // namespace

std::string name_of(Change change) {
  switch (change) {
    case Change::kSame:
      return "SAME";
    case Change::kFast:
      return "FAST";
    case Change::kSlow:
      return "SLOW";
    case Change::kAmbiguous:
      return "AMBIGUOUS";
    case Change::kInvalid:
      break;
  }
  return "INVALID";
}

std::size_t ResultComparison::count(Change change) const {
  return static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [&](const RowChange& row) { return row.change == change; }));
}

bool ResultComparison::regression() const {
  return std::any_of(rows.begin(), rows.end(), [](const RowChange& row) {
    return row.change == Change::kSlow ||
           (row.change == Change::kInvalid && row.old_median > 0 && row.new_median == 0);
  });
}

ResultComparison compare_results(const ResultFile& before, const ResultFile& after,
                                 const CompareSettings& settings) {
  ResultComparison comparison;
  std::vector<double> p, ratios;
  std::vector<std::pair<std::size_t, std::size_t>> tested;  // row, repetitions
  const RowNames old_names = names_of(before), new_names = names_of(after);
  for (const ResultRow& old_row : before.rows) {
    const ResultRow* new_row = row_of(new_names, old_row.name);
    if (!new_row) {
      comparison.only_old.push_back(old_row.name);
      continue;
    }
    if (is_skipped(old_row) && is_skipped(*new_row)) continue;
    if (old_row.seconds.empty() || new_row->seconds.empty()) {
      comparison.rows.push_back(invalid_change(old_row, *new_row));
      continue;
    }
    tested.emplace_back(comparison.rows.size(),
                        std::min(old_row.seconds.size(), new_row->seconds.size()));
    comparison.rows.push_back(measured_change(old_row, *new_row, settings));
    p.push_back(comparison.rows.back().p);
    ratios.push_back(comparison.rows.back().ratio);
  }
  for (const ResultRow& row : after.rows)
    if (!row_of(old_names, row.name)) comparison.only_new.push_back(row.name);
  if (comparison.only_old.size() == before.rows.size())
    throw UserError(
        "no row is in both; compare what was measured with the same --filter and --full: " +
        some_row(before) + ", " + some_row(after));
  const std::vector<double> corrected = benjamini_hochberg(p);
  const std::vector<double> drifts =
      settings.sessions ? drifts_of(ratios) : std::vector<double>(ratios.size(), 0.0);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    RowChange& row = comparison.rows[tested[i].first];
    row.corrected_p = corrected[i];
    row.threshold = std::max(row.threshold, drifts[i]);
    judge(row, tested[i].second, settings);
  }
  comparison.matched = ratios.size();
  if (!ratios.empty()) comparison.geometric_mean = geometric_mean(ratios);
  return comparison;
}

namespace {

std::string fact_of(const Facts& facts, const std::string& key) {
  const auto found = facts.find(key);
  return found == facts.end() ? "-" : found->second;
}

template <class Keys>
std::vector<std::string> differences_of(const Facts& before, const Facts& after, const Keys& keys) {
  std::vector<std::string> differences;
  for (const std::string_view name : keys) {
    const std::string key(name), one = fact_of(before, key), other = fact_of(after, key);
    if (one != other) differences.push_back(key + ": " + one + " | " + other);
  }
  return differences;
}

}  // namespace

std::vector<std::string> context_differences(const ResultFile& before, const ResultFile& after,
                                             bool decisive) {
  return decisive ? differences_of(before.context, after.context, kDecisive)
                  : differences_of(before.context, after.context, kBuild);
}

std::vector<std::string> machine_differences(const Facts& stored, const Facts& here) {
  std::vector<std::string> told;
  std::copy_if(kMachine.begin(), kMachine.end(), std::back_inserter(told),
               [&](const std::string& key) { return stored.contains(key); });
  return differences_of(stored, here, told);
}

}  // namespace flm::bench
