#include "harness/track/jobs.h"

#include <algorithm>
#include <charconv>

#include "base/errors.h"

namespace flm {

void sort_jobs(std::vector<ScoringJob>& jobs, bool newest_first) {
  std::stable_sort(jobs.begin(), jobs.end(), [&](const ScoringJob& a, const ScoringJob& b) {
    return newest_first ? *a.checkpoint.step > *b.checkpoint.step
                        : *a.checkpoint.step < *b.checkpoint.step;
  });
}

std::optional<std::size_t> first_ready(const std::vector<ScoringJob>& jobs) {
  const auto ready =
      std::find_if(jobs.begin(), jobs.end(), [](const ScoringJob& job) { return job.left <= 0; });
  if (ready == jobs.end()) return std::nullopt;
  return static_cast<std::size_t>(ready - jobs.begin());
}

std::vector<ScoringJob> take_older(std::vector<ScoringJob>& jobs, const std::string& series,
                                   std::int64_t step) {
  std::vector<ScoringJob> older;
  std::erase_if(jobs, [&](const ScoringJob& job) {
    if (job.series != series || *job.checkpoint.step >= step) return false;
    older.push_back(job);
    return true;
  });
  return older;
}

WatchEnd watch_end(const std::string& text) {
  const auto number = [&](const std::string& digits) {
    double value = 0;
    const char* end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc() || at != end || !(value >= 0 && value < 1e15))
      throw UserError("--until wants a step, or idle:MINUTES: " + text);
    return value;
  };
  if (text.empty()) return {};
  if (text.starts_with("idle:")) return {std::nullopt, 60 * number(text.substr(5))};
  const double step = number(text);
  if (step != static_cast<double>(static_cast<std::int64_t>(step)))
    throw UserError("--until wants a whole step, or idle:MINUTES: " + text);
  return {static_cast<std::int64_t>(step), std::nullopt};
}

}  // namespace flm
