#include "reports/statistics/differences/cochran_q.h"

#include <numeric>

#include "base/errors.h"
#include "reports/statistics/distributions.h"

namespace flm {

CochranQ cochran_q(const std::vector<std::vector<double>>& runs) {
  FLM_CHECK(runs.size() >= 2, "Cochran's Q compares two runs or more");
  const double k = static_cast<double>(runs.size());
  std::vector<double> right(runs[0].size(), 0.0);  // of each item, over runs
  double total = 0, run_squares = 0, item_squares = 0;
  for (const std::vector<double>& run : runs) {
    FLM_CHECK(run.size() == right.size(), "runs over the same items");
    const double of_run = std::accumulate(run.begin(), run.end(), 0.0);
    total += of_run;
    run_squares += of_run * of_run;
    for (std::size_t i = 0; i < run.size(); ++i) right[i] += run[i];
  }
  for (double r : right) item_squares += r * r;
  CochranQ out{std::nullopt, static_cast<std::int64_t>(runs.size()) - 1, 1};
  const double apart = k * total - item_squares;
  if (apart <= 0) return out;
  out.q = (k - 1) * (k * run_squares - total * total) / apart;
  out.p = chi_square_tail(*out.q, out.df);
  return out;
}

}  // namespace flm
