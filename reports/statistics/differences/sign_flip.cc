#include "reports/statistics/differences/sign_flip.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <span>

#include "base/errors.h"
#include "base/parallel_loop.h"
#include "base/system/machine.h"
#include "reports/statistics/differences/pattern_bits.h"
#include "reports/statistics/interval.h"
#include "reports/statistics/sums.h"

namespace flm {
namespace {

constexpr std::size_t kMostEnumerated = 20;
constexpr double kMostSteps = 2e8, kMostSums = 4e6;  // of counting: about 0.1 s, 32 MB

/// What flips as one, without what is 0: its sign changes nothing. Ordered by size.
std::vector<double> flipped_units(const std::vector<double>& differences,
                                  const std::vector<std::string>& clusters) {
  std::vector<double> units = differences;
  if (in_clusters(clusters)) {
    std::map<std::string, std::vector<double>> members;
    for (std::size_t i = 0; i < clusters.size(); ++i)
      members[clusters[i]].push_back(differences[i]);
    units.clear();
    for (const auto& [name, values] : members) units.push_back(sorted_sum(values));
  }
  std::erase(units, 0.0);
  std::sort(units.begin(), units.end(), [](double x, double y) {
    return std::fabs(x) != std::fabs(y) ? std::fabs(x) < std::fabs(y) : x < y;
  });
  return units;
}

/// The differences as whole multiples of the largest power of two that makes them so; null where
/// counting their sums would take too long.
std::optional<std::vector<std::int64_t>> whole_multiples(const std::vector<double>& units) {
  int unit = std::numeric_limits<int>::max(), top = std::numeric_limits<int>::min();
  for (double v : units) {
    int exponent = 0;
    const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(v, &exponent), 53));
    unit = std::min(unit, exponent - 53 + __builtin_ctzll(static_cast<std::uint64_t>(mantissa)));
    top = std::max(top, exponent);
  }
  if (top - unit > 40) return std::nullopt;
  std::vector<std::int64_t> out;
  double total = 0;
  for (double v : units) {
    out.push_back(static_cast<std::int64_t>(std::ldexp(v, -unit)));
    total += std::fabs(static_cast<double>(out.back()));
  }
  if (total / 2 > std::min(kMostSums, kMostSteps / static_cast<double>(units.size())))
    return std::nullopt;
  return out;
}

/// The distribution of the sum of those that are negative, one after another.
double counted_p(const std::vector<std::int64_t>& units) {
  std::int64_t total = 0, negative = 0;
  for (std::int64_t v : units) {
    total += std::abs(v);
    negative += v < 0 ? -v : 0;
  }
  const std::int64_t limit = std::min(negative, total - negative);
  if (2 * limit == total) return 1;
  std::vector<double> share(static_cast<std::size_t>(limit) + 1, 0.0);
  share[0] = 1;
  for (std::int64_t v : units) {
    const std::size_t step = static_cast<std::size_t>(std::abs(v));
    for (std::size_t s = share.size(); s-- > 0;)
      share[s] = 0.5 * (share[s] + (s >= step ? share[s - step] : 0));
  }
  double tail = 0;
  for (double s : share) tail += s;
  return std::min(1.0, 2 * tail);
}

/// At least this large counts as as large as observed: sums are rounded.
double tie_bound(const std::vector<double>& units) {
  double sum = 0, total = 0;
  for (double v : units) {
    sum += v;
    total += std::fabs(v);
  }
  const double rounding =
      static_cast<double>(units.size()) * std::numeric_limits<double>::epsilon() * total;
  return std::fabs(sum) - 2 * rounding;
}

std::int64_t count_patterns(const std::vector<double>& units, std::size_t next, double sum,
                            double bound) {
  if (next == units.size()) return std::fabs(sum) >= bound;
  return count_patterns(units, next + 1, sum + units[next], bound) +
         count_patterns(units, next + 1, sum - units[next], bound);
}

double enumerated_p(const std::vector<double>& units) {
  // The first sign is fixed: a pattern and its negative are as large.
  const std::int64_t count = count_patterns(units, 1, units[0], tie_bound(units));
  return std::ldexp(static_cast<double>(count), 1 - static_cast<int>(units.size()));
}

/// Sums of eight units for every choice of their signs, so that a random byte flips eight at once.
/// Their own signs are left out: swapping the runs changes no bit.
using SumsOfEight = std::array<double, 256>;

std::vector<SumsOfEight> sums_of_eight(const std::vector<double>& units) {
  std::vector<SumsOfEight> out((units.size() + 7) / 8);
  for (std::size_t group = 0; group < out.size(); ++group) {
    for (std::size_t signs = 0; signs < 256; ++signs) {
      double sum = 0;
      for (std::size_t i = 8 * group; i < std::min(units.size(), 8 * group + 8); ++i)
        sum += signs >> (i % 8) & 1 ? -std::fabs(units[i]) : std::fabs(units[i]);
      out[group][signs] = sum;
    }
  }
  return out;
}

/// Adds what each pattern from `first` on makes of the units. The tables of a group stay in the
/// cache while all patterns look them up.
void add_flipped(const std::vector<SumsOfEight>& tables, const PatternBits& bits,
                 std::uint64_t first, std::span<double> sums) {
  std::vector<std::uint64_t> keys(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) keys[i] = bits.key(first + i);
  for (std::size_t group = 0; group < tables.size(); group += 8) {
    const std::size_t end = std::min(tables.size(), group + 8);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      std::uint64_t flips = PatternBits::word(keys[i], group / 8);
      for (std::size_t g = group; g < end; ++g, flips >>= 8) sums[i] += tables[g][flips & 255];
    }
  }
}

double random_p(const std::vector<double>& units, std::uint64_t seed, int patterns) {
  const std::vector<SumsOfEight> tables = sums_of_eight(units);
  const double bound = tie_bound(units);
  const PatternBits bits(seed);
  constexpr std::uint64_t kBlock = 1024;  // patterns that a thread takes at a time
  const auto all = static_cast<std::uint64_t>(patterns);
  std::vector<std::int64_t> as_large((all + kBlock - 1) / kBlock);  // of each block
  tbb::task_arena arena(available_threads());
  parallel_loop(arena, as_large.size(), [&](std::size_t block) {
    const std::uint64_t first = block * kBlock;
    std::vector<double> sums(std::min(all - first, kBlock));
    add_flipped(tables, bits, first, sums);
    as_large[block] = std::count_if(sums.begin(), sums.end(),
                                    [&](double sum) { return std::fabs(sum) >= bound; });
  });
  const auto count = std::accumulate(as_large.begin(), as_large.end(), std::int64_t{0});
  return (1 + static_cast<double>(count)) / (1 + static_cast<double>(patterns));
}

}  // namespace

double least_sign_flip_p(std::int64_t differences) {
  return std::ldexp(1, 1 - static_cast<int>(std::clamp<std::int64_t>(differences, 1, 1000)));
}

double sign_flip_p(const std::vector<double>& differences, const std::vector<std::string>& clusters,
                   std::uint64_t seed, int patterns) {
  FLM_CHECK(clusters.empty() || clusters.size() == differences.size(), "a cluster for each item");
  const std::vector<double> units = flipped_units(differences, clusters);
  if (units.empty()) return 1;
  if (const auto whole = whole_multiples(units)) return counted_p(*whole);
  if (units.size() <= kMostEnumerated) return enumerated_p(units);
  return random_p(units, seed, patterns);
}

}  // namespace flm
