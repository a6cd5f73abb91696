#include "reports/statistics/curves/local_line.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"

namespace flm {
namespace {

constexpr double kNear = 2;

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double LineFit::deviation() const {
  FLM_CHECK(n > 2, "a deviation around a line wants three points");
  double squares = 0;
  for (double r : residuals) squares += r * r;
  return std::sqrt(squares / static_cast<double>(n - 2));
}

double LineFit::reach(double x) const {
  return std::sqrt(1 + 1 / static_cast<double>(n) + (x - middle) * (x - middle) / spread);
}

std::optional<LineFit> fit_line(const std::vector<double>& x, const std::vector<double>& y) {
  FLM_CHECK(x.size() == y.size() && x.size() > 1, "a line wants two points");
  LineFit out;
  out.n = x.size();
  out.middle = mean_of(x);
  out.level = mean_of(y);
  double product = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    product += (x[i] - out.middle) * (y[i] - out.level);
    out.spread += (x[i] - out.middle) * (x[i] - out.middle);
  }
  if (!(out.spread > 0)) return std::nullopt;
  out.slope = product / out.spread;
  for (std::size_t i = 0; i < x.size(); ++i) out.residuals.push_back(y[i] - out.at(x[i]));
  return out;
}

std::size_t near_the_last(const std::vector<double>& x, std::size_t least, std::size_t most,
                          double factor) {
  std::size_t count = 0;
  while (count < std::min(x.size(), most) &&
         (count < least || x[x.size() - 1 - count] * factor >= x.back()))
    ++count;
  return count;
}

std::vector<std::optional<double>> checkpoint_noise(const std::vector<double>& x,
                                                    const std::vector<double>& y) {
  std::vector<std::optional<double>> out(x.size());
  std::vector<double> seen, places, values;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(x[i] > 0)) continue;
    seen.push_back(x[i]);
    places.push_back(std::log(x[i]));
    values.push_back(y[i]);
    const std::size_t count = near_the_last(seen, kNoiseLeast, kNoiseMost, kNear);
    if (count < kNoiseLeast) continue;
    const auto begin = static_cast<std::ptrdiff_t>(places.size() - count);
    const auto line =
        fit_line({places.begin() + begin, places.end()}, {values.begin() + begin, values.end()});
    if (line) out[i] = line->deviation();
  }
  return out;
}

}  // namespace flm
