#include "reports/statistics/aggregates/estimate_interval.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "reports/statistics/distributions.h"
#include "reports/statistics/rounding.h"
#include "reports/statistics/sums.h"

namespace flm {
namespace {

constexpr double kExactBelow = 40;  // effective items

/// The parts put together.
struct Whole {
  double value = 0, variance = 0, df = kUnbounded;
  double items = 0;
  double draws = 0;  // as many equal ones would have the variance of parts of one rate
  double least = kUnbounded, most = -kUnbounded;
  bool clustered = false;
};

/// p (1 - p) sum(w^2 / n): what zeros and ones vary where all parts have the rate p.
double variance_of_one_rate(const std::vector<EstimatePart>& parts, double p) {
  double factor = 0;
  for (const EstimatePart& part : parts) {
    if (!part.binary) return 0;
    factor += part.weight * part.weight / part.items;
  }
  return p * (1 - p) * factor;
}

/// Satterthwaite's for the degrees of freedom.
Whole put_together(const std::vector<EstimatePart>& parts) {
  Whole out;
  double by_df = 0, by_draws = 0;
  for (const EstimatePart& part : parts) {
    const double square = part.weight * part.weight, own = square * part.variance;
    out.value += part.weight * part.value;
    out.variance += own;
    by_df += own * own / part.df;
    by_draws += square / part.draws;
    out.items += part.items;
    out.least = std::min(out.least, part.least);
    out.most = std::max(out.most, part.most);
    out.clustered = out.clustered || part.clustered;
  }
  out.variance = std::max(out.variance, variance_of_one_rate(parts, out.value));
  if (by_df > 0) out.df = out.variance * out.variance / by_df;
  out.draws = 1 / by_draws;
  return out;
}

double t95(double df) { return std::isfinite(df) ? student_t95(df) : kNormal95; }

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, value < 100 ? "%.1f" : "%.0f", value);
  std::string out = text;
  std::replace(out.begin(), out.end(), ',', '.');
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out;
}

std::string with_df(const std::string& name, const Whole& whole) {
  return (whole.clustered ? "clustered, " : "") + name +
         (std::isfinite(whole.df) ? ", t with " + number(whole.df) + " df" : "");
}

NamedInterval bounded(const Whole& whole) {
  const double span = whole.most - whole.least;
  const double p = std::clamp((whole.value - whole.least) / span, 0.0, 1.0);
  const double variance = whole.variance / (span * span);
  const bool at_end = p == 0 || p == 1 || variance <= 0;
  const double ratio = kNormal95 / t95(whole.df);
  double n = at_end ? whole.draws : p * (1 - p) / variance * ratio * ratio;
  const bool all_items = std::fabs(n - whole.items) <= 1e-6 * whole.items;
  if (all_items) n = whole.items;  // 12 of 40 and 13 of 40 are both of 40
  const bool exact = at_end || n < kExactBelow;
  const Interval unit = exact ? clopper_pearson(p * n, n) : wilson(p * n, n);
  std::string name = exact ? "Clopper-Pearson" : "Wilson";
  if (!all_items) name += " of " + number(n) + " effective items";
  return {whole.least + span * unit.low, whole.least + span * unit.high,
          at_end ? name : with_df(name, whole)};
}

/// Of a figure above 0.
Interval on_log_scale(double value, double error, double df) {
  if (value <= 0) return {0, 0};
  const double factor = std::exp(t95(df) * error / value);
  return {value / factor, value * factor};
}

NamedInterval one_sided(const Whole& whole) {
  const double error = std::sqrt(whole.variance);
  const std::string name = with_df("normal of the logarithm", whole);
  if (std::isfinite(whole.least)) {
    const Interval above = on_log_scale(whole.value - whole.least, error, whole.df);
    return {whole.least + above.low, whole.least + above.high, name};
  }
  const Interval below = on_log_scale(whole.most - whole.value, error, whole.df);
  return {whole.most - below.high, whole.most - below.low, name};
}

NamedInterval unbounded(const Whole& whole) {
  const double half = t95(whole.df) * std::sqrt(whole.variance);
  return {whole.value - half, whole.value + half, with_df("normal", whole)};
}

using Block = std::vector<EstimatePart>;

std::optional<NamedInterval> of_block(const Block& parts) {
  const Whole whole = put_together(parts);
  if (!std::isfinite(whole.variance) || !std::isfinite(whole.value)) return std::nullopt;
  if (std::isfinite(whole.least) && std::isfinite(whole.most)) return bounded(whole);
  if (std::isfinite(whole.least) || std::isfinite(whole.most)) return one_sided(whole);
  return unbounded(whole);
}

/// The parts that one interval can speak for: zeros and ones; other values that vary; each part
/// alone whose values do not.
std::vector<Block> blocks_of(const std::vector<EstimatePart>& parts) {
  Block binary, varying;
  std::vector<Block> out;
  for (const EstimatePart& part : parts) {
    if (part.binary)
      binary.push_back(part);
    else if (part.variance > 0)
      varying.push_back(part);
    else
      out.push_back({part});
  }
  if (!varying.empty()) out.insert(out.begin(), varying);
  if (!binary.empty()) out.insert(out.begin(), binary);
  return out;
}

/// Divides the parts' weights by their sum, which it returns.
double take_weight(Block& block) {
  double weight = 0;
  for (const EstimatePart& part : block) weight += part.weight;
  for (EstimatePart& part : block) part.weight /= weight;
  return weight;
}

void add_name(std::string& names, const std::string& name) {
  if (("; " + names + ";").find("; " + name + ";") != std::string::npos) return;
  names += (names.empty() ? "" : "; ") + name;
}

/// MOVER (Zou and Donner 2008): the distances from the blocks' values to their limits add up as
/// errors do, those below and those above by themselves.
std::optional<NamedInterval> over_blocks(std::vector<Block>& blocks) {
  double value = 0, below = 0, above = 0;
  std::string names;
  for (Block& block : blocks) {
    const double weight = take_weight(block);
    const auto own = of_block(block);
    if (!own) return std::nullopt;
    const double center = put_together(block).value;
    value += weight * center;
    below += std::pow(weight * (center - own->low), 2);
    above += std::pow(weight * (own->high - center), 2);
    add_name(names, own->name);
  }
  return NamedInterval{value - std::sqrt(below), value + std::sqrt(above), "MOVER of " + names};
}

/// Of the mean as if every value were drawn by itself.
double plain_variance(const std::vector<double>& values, double mean, bool binary) {
  const double n = static_cast<double>(values.size());
  if (binary) return mean * (1 - mean) / n;
  double squares = 0;
  for (double v : values) squares += (v - mean) * (v - mean);
  if (n < 2) return NAN;
  const double error =
      beyond_rounding(std::sqrt(squares / (n - 1) / n), largest_of(values), values.size());
  return error > 0 ? squares / (n - 1) / n : 0;
}

}  // namespace

EstimatePart mean_part(const std::vector<double>& values,
                       const std::vector<std::string>& clusters) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  EstimatePart out;
  out.items = out.draws = static_cast<double>(values.size());
  out.value = sum(values) / out.items;
  out.binary = std::all_of(values.begin(), values.end(), [](double v) { return v == 0 || v == 1; });
  out.variance = plain_variance(values, out.value, out.binary);
  if (!out.binary) out.df = out.items - 1;
  if (const auto clustered = clustered_error(values, clusters)) {
    // By chance few clusters may differ less than their items do.
    out.variance = std::max(out.variance, clustered->stderr_value * clustered->stderr_value);
    out.draws = clustered->effective;
    out.df = std::max(1.0, clustered->effective - 1);
    out.clustered = true;
  }
  if (*least >= 0 && *most <= 1) {
    out.least = 0;
    out.most = 1;
  }
  return out;
}

EstimatePart ratio_part(const Ratio& ratio, std::size_t items) {
  EstimatePart out;
  out.value = ratio.value;
  out.variance = ratio.stderr_value * ratio.stderr_value;
  out.df = ratio.df;
  out.items = out.draws = static_cast<double>(items);
  out.least = 0;
  return out;
}

std::optional<NamedInterval> estimate_interval(const std::vector<EstimatePart>& parts) {
  std::vector<Block> blocks = blocks_of(parts);
  return blocks.size() > 1 ? over_blocks(blocks) : of_block(parts);
}

}  // namespace flm
