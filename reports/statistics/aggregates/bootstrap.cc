#include "reports/statistics/aggregates/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "base/numbers/cpython_random.h"
#include "base/parallel_loop.h"
#include "base/system/machine.h"

namespace flm {
namespace {

void fill_chunk(std::uint32_t seed, std::size_t items, const ReplicateStatistic& statistic,
                std::span<double> replicates) {
  PythonRandom random(seed);
  std::vector<std::uint32_t> drawn(items);
  const double n = static_cast<double>(items);
  for (double& replicate : replicates) {
    for (std::uint32_t& index : drawn) index = static_cast<std::uint32_t>(random.random() * n);
    replicate = statistic(drawn);
  }
}

/// Left to right, as CPython 3.11's sum() does.
double sample_deviation(const std::vector<double>& values) {
  double total = 0, squares = 0;
  for (double v : values) total += v;
  const double mean = total / static_cast<double>(values.size());
  for (double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

double bootstrap_stderr(std::size_t items, const ReplicateStatistic& statistic, int iterations) {
  const std::size_t chunk = static_cast<std::size_t>(std::min(1000, iterations));
  const std::size_t chunks = static_cast<std::size_t>(iterations) / chunk;
  std::vector<double> replicates(chunk * chunks);
  tbb::task_arena arena(available_threads());
  parallel_loop(arena, chunks, [&](std::size_t i) {
    fill_chunk(static_cast<std::uint32_t>(i), items, statistic,
               std::span(replicates).subspan(i * chunk, chunk));
  });
  return sample_deviation(replicates);
}

}  // namespace flm
