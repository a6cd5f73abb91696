#include "reports/statistics/curves/power_law.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "reports/statistics/distributions.h"

namespace flm {
namespace {

constexpr double kLeastExponent = 0.001, kMostExponent = 10;
constexpr std::size_t kBlocks = 10;

using Values = std::vector<double>;

/// E and A for a given exponent, over x in units of `unit`.
PowerLaw fit_with(double exponent, const Values& x, const Values& y, double unit) {
  const double n = static_cast<double>(x.size());
  Values u;
  for (double v : x) u.push_back(std::pow(v / unit, -exponent));
  double mean_u = 0, mean_y = 0, product = 0, spread = 0, squares_u = 0, product_0 = 0;
  for (std::size_t i = 0; i < x.size(); ++i) mean_u += u[i] / n, mean_y += y[i] / n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    product += (u[i] - mean_u) * (y[i] - mean_y);
    spread += (u[i] - mean_u) * (u[i] - mean_u);
    product_0 += u[i] * y[i];
    squares_u += u[i] * u[i];
  }
  double factor = product / spread, floor = mean_y - factor * mean_u;
  if (floor < 0) floor = 0, factor = product_0 / squares_u;  // a loss has no floor below 0
  PowerLaw out{floor, factor, exponent, 0};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double residual = y[i] - floor - factor * u[i];
    out.squares += residual * residual;
  }
  return out;
}

Values without(const Values& values, std::size_t begin, std::size_t end) {
  Values out(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(begin));
  out.insert(out.end(), values.begin() + static_cast<std::ptrdiff_t>(end), values.end());
  return out;
}

bool backtest(const Values& x, const Values& y, Forecast& out) {
  const std::size_t n = x.size(), held = n / 5, used = n - held;
  const auto law = fit_power_law(without(x, used, n), without(y, used, n));
  if (!law) return false;
  double squares = 0;
  for (std::size_t i = used; i < n; ++i) {
    const double error = std::fabs(y[i] - law->at(x[i]));
    squares += error * error;
    out.backtest_worst = std::max(out.backtest_worst, error);
  }
  out.backtest_points = held;
  out.backtest_error = std::sqrt(squares / static_cast<double>(held));
  return true;
}

bool interval(const Values& x, const Values& y, Forecast& out) {
  const std::size_t n = x.size(), blocks = std::min(n, kBlocks);
  Values values;
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t begin = b * n / blocks, end = (b + 1) * n / blocks;
    const auto law = fit_power_law(without(x, begin, end), without(y, begin, end));
    if (!law) return false;
    values.push_back(law->at(out.x));
  }
  const double count = static_cast<double>(blocks);
  double mean = 0, squares = 0;
  for (double v : values) mean += v / count;
  for (double v : values) squares += (v - mean) * (v - mean);
  const double half = student_t95(count - 1) * std::sqrt((count - 1) / count * squares);
  out.blocks = blocks;
  out.low = out.value - half;
  out.high = out.value + half;
  return true;
}

}  // namespace

double PowerLaw::at(double x) const { return floor + factor * std::pow(x, -exponent); }

std::optional<PowerLaw> fit_power_law(const Values& x, const Values& y) {
  FLM_CHECK(x.size() == y.size() && x.size() >= 4 && x.front() > 0, "a power law wants 4 points");
  const double unit = std::sqrt(x.front() * x.back());
  const auto squares = [&](double log_exponent) {
    return fit_with(std::exp(log_exponent), x, y, unit).squares;
  };
  constexpr int kGrid = 120;
  const double low = std::log(kLeastExponent), high = std::log(kMostExponent);
  const auto place = [&](int i) { return low + (high - low) * i / kGrid; };
  int best = 0;
  for (int i = 1; i <= kGrid; ++i)
    if (squares(place(i)) < squares(place(best))) best = i;
  if (best == 0 || best == kGrid) return std::nullopt;
  double left = place(best - 1), right = place(best + 1);
  for (int step = 0; step < 100; ++step) {  // golden section
    constexpr double kGolden = 0.6180339887498949;
    const double a = right - kGolden * (right - left), b = left + kGolden * (right - left);
    (squares(a) < squares(b) ? right : left) = squares(a) < squares(b) ? b : a;
  }
  PowerLaw out = fit_with(std::exp((left + right) / 2), x, y, unit);
  out.factor *= std::pow(unit, out.exponent);
  return out.factor > 0 ? std::optional(out) : std::nullopt;
}

std::optional<Forecast> forecast(const Values& x, const Values& y, double target,
                                 std::string& refused) {
  const auto refuse = [&](const std::string& why) {
    refused = why;
    return std::nullopt;
  };
  if (x.size() < kForecastLeast)
    return refuse(std::to_string(x.size()) + " points, " + std::to_string(kForecastLeast) +
                  " are wanted");
  if (target > kForecastReach * x.back()) return refuse("further than 4 times the last checkpoint");
  if (target <= x.back()) return refuse("not beyond the last checkpoint");
  const auto law = fit_power_law(x, y);
  if (!law) return refuse("the points do not fall like a power law");
  Forecast out;
  out.x = target;
  out.law = *law;
  out.value = law->at(target);
  out.points = x.size();
  if (!interval(x, y, out) || !backtest(x, y, out))
    return refuse("a part of the points does not fall like a power law");
  return out;
}

}  // namespace flm
