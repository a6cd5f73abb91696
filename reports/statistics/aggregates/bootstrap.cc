#include "reports/statistics/aggregates/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <string>
#include <utility>

#include "base/numbers/cpython_random.h"
#include "base/parallel_loop.h"
#include "base/system/machine.h"

namespace flm {
namespace {

void fill_chunk(std::uint32_t seed, std::size_t items, const ReplicateStatistic& statistic,
                std::span<double> replicates) {
  PythonRandom random(seed);
  std::vector<std::uint32_t> drawn(items);
  for (double& replicate : replicates) {
    random.choices(items, drawn);
    replicate = statistic(drawn);
  }
}

/// What several threads have done, told by one at a time.
class Steps {
 public:
  Steps(Progress* progress, std::string what, std::size_t all)
      : progress_(progress), what_(std::move(what)), all_(static_cast<std::int64_t>(all)) {}
  ~Steps() {
    if (progress_) progress_->update(what_, 0, 0);
  }
  void add(std::size_t steps) {
    if (!progress_) return;
    const std::scoped_lock one(mutex_);
    done_ += static_cast<std::int64_t>(steps);
    if (done_ < all_) progress_->update(what_, done_, all_);
  }

 private:
  Progress* progress_;
  const std::string what_;
  const std::int64_t all_;
  std::int64_t done_ = 0;
  std::mutex mutex_;
};

/// Left to right, as CPython 3.11's sum() does.
double sample_deviation(const std::vector<double>& values) {
  double total = 0, squares = 0;
  for (double v : values) total += v;
  const double mean = total / static_cast<double>(values.size());
  for (double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

double bootstrap_stderr(std::size_t items, const ReplicateStatistic& statistic,
                        Bootstrap bootstrap) {
  const std::size_t chunk = static_cast<std::size_t>(std::min(1000, bootstrap.iterations));
  const std::size_t chunks = static_cast<std::size_t>(bootstrap.iterations) / chunk;
  std::vector<double> replicates(chunk * chunks);
  tbb::task_arena arena(available_threads());
  Steps steps(bootstrap.progress, "draws for standard errors", replicates.size());
  parallel_loop(arena, chunks, [&](std::size_t i) {
    fill_chunk(static_cast<std::uint32_t>(i), items, statistic,
               std::span(replicates).subspan(i * chunk, chunk));
    steps.add(chunk);
  });
  return sample_deviation(replicates);
}

}  // namespace flm
