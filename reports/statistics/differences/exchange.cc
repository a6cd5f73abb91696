#include "reports/statistics/differences/exchange.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/parallel_loop.h"
#include "base/system/machine.h"
#include "reports/statistics/differences/pattern_bits.h"
#include "reports/statistics/differences/sign_flip.h"

namespace flm {
namespace {

using Indices = std::vector<std::uint32_t>;

constexpr double kTie = 1e-10;  // of the figures: as no sum's rounding reaches

constexpr std::uint64_t kFirst = 10'000, kMost = 100'000;  // patterns that are drawn
constexpr double kClear = 0.1;  // more after the first: no further pattern would decide otherwise

std::uint64_t drawn_patterns(std::size_t items) {
  return std::clamp<std::uint64_t>(50'000'000 / items, kFirst, kMost);
}

/// Which indices are A's and which are B's; a pattern exchanges some of those that differ.
class Exchanged {
 public:
  explicit Exchanged(std::size_t items) : a_(items), b_(items) {
    std::iota(a_.begin(), a_.end(), 0u);
    std::iota(b_.begin(), b_.end(), static_cast<std::uint32_t>(items));
  }
  void set(std::uint32_t item, bool exchanged) {
    const auto items = static_cast<std::uint32_t>(a_.size());
    a_[item] = exchanged ? items + item : item;
    b_[item] = exchanged ? item : items + item;
  }
  double a(const ReplicateStatistic& statistic) const { return statistic(a_); }
  double difference(const ReplicateStatistic& statistic) const {
    return statistic(b_) - statistic(a_);
  }

 private:
  Indices a_, b_;
};

Indices differing(const ItemValues& pooled) {
  const std::size_t items = pooled.size() / 2;
  Indices out;
  for (std::uint32_t i = 0; i < items; ++i)
    if (pooled[i] != pooled[items + i]) out.push_back(i);
  return out;
}

/// The flips of up to 64 items of one word of a pattern.
void exchange(Exchanged& runs, const Indices& units, std::size_t first, std::uint64_t flips) {
  const std::size_t end = std::min(units.size(), first + 64);
  for (std::size_t u = first; u < end; ++u, flips >>= 1) runs.set(units[u], flips & 1);
}

struct Patterns {
  std::uint64_t first = 0, end = 0;
};

/// How many of these patterns, which `set` makes, differ by at least `bound`.
template <class Pattern>
std::int64_t count_as_large(std::size_t items, const ReplicateStatistic& statistic, double bound,
                            const Patterns& patterns, const Pattern& set) {
  constexpr std::uint64_t kBlock = 256;  // patterns that a thread takes at a time
  std::vector<std::int64_t> as_large((patterns.end - patterns.first + kBlock - 1) / kBlock);
  tbb::task_arena arena(available_threads());
  parallel_loop(arena, as_large.size(), [&](std::size_t block) {
    Exchanged runs(items);
    const std::uint64_t first = patterns.first + block * kBlock;
    for (std::uint64_t i = first; i < std::min(patterns.end, first + kBlock); ++i) {
      set(runs, i);
      as_large[block] += !(std::fabs(runs.difference(statistic)) < bound);
    }
  });
  return std::accumulate(as_large.begin(), as_large.end(), std::int64_t{0});
}

}  // namespace

ExchangeTest exchange_test(const ItemValues& pooled, const ReplicateStatistic& statistic,
                           std::uint64_t seed) {
  FLM_CHECK(!pooled.empty() && pooled.size() % 2 == 0, "items of two runs");
  const std::size_t items = pooled.size() / 2;
  const Indices units = differing(pooled);
  ExchangeTest out{1, least_sign_flip_p(static_cast<std::int64_t>(items))};
  const Exchanged as_they_are(items);
  const double observed = std::fabs(as_they_are.difference(statistic));
  const double bound = observed - kTie * std::max(std::fabs(as_they_are.a(statistic)), observed);
  if (units.empty() || bound <= 0) return out;
  const std::uint64_t drawn = drawn_patterns(items);
  if (units.size() <= 64 && std::uint64_t{1} << (units.size() - 1) <= drawn) {
    // The first item stays: a pattern and its opposite differ as much.
    const std::uint64_t all = std::uint64_t{1} << (units.size() - 1);
    const auto count = count_as_large(
        items, statistic, bound, {0, all},
        [&](Exchanged& runs, std::uint64_t pattern) { exchange(runs, units, 0, pattern << 1); });
    out.p = static_cast<double>(count) / static_cast<double>(all);
    return out;
  }
  const PatternBits bits(seed);
  const auto set = [&](Exchanged& runs, std::uint64_t pattern) {
    const std::uint64_t key = bits.key(pattern);
    for (std::size_t u = 0; u < units.size(); u += 64)
      exchange(runs, units, u, PatternBits::word(key, u / 64));
  };
  out.least_p = std::max(out.least_p, 1 / (1 + static_cast<double>(drawn)));
  std::int64_t count = count_as_large(items, statistic, bound, {0, kFirst}, set);
  out.p = (1 + static_cast<double>(count)) / (1 + static_cast<double>(kFirst));
  if (out.p > kClear || drawn <= kFirst) return out;
  count += count_as_large(items, statistic, bound, {kFirst, drawn}, set);
  out.p = (1 + static_cast<double>(count)) / (1 + static_cast<double>(drawn));
  return out;
}

}  // namespace flm
