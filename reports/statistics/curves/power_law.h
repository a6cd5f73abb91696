// L = E + A x^-a through the points of a curve, and what it says of a later place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace flm {

struct PowerLaw {
  double floor = 0, factor = 0, exponent = 0;  // E >= 0, A, a > 0
  double squares = 0;                          // of the residuals, summed
  double at(double x) const;
};

/// Least squares. Null where the best exponent lies at an end of what is searched (0.001 to 10) or
/// A is not above 0: the points do not fall like a power law. At least 4 points, all x above 0.
std::optional<PowerLaw> fit_power_law(const std::vector<double>& x, const std::vector<double>& y);

struct Forecast {
  double x = 0, value = 0, low = 0, high = 0;  // 95% interval
  PowerLaw law;
  std::size_t points = 0, blocks = 0;
  /// Fitted to the first 80 % and held against the rest: root of the mean square, and the worst.
  double backtest_error = 0, backtest_worst = 0;
  std::size_t backtest_points = 0;
};

constexpr std::size_t kForecastLeast = 8;  // points
constexpr double kForecastReach = 4;       // times the last x

/// The interval comes from refitting without each of up to ten blocks of neighbouring points
/// (delete-a-block jackknife, Student's t). `refused` says why there is none: too few points, too
/// far ahead, no power law. `x` ascends.
std::optional<Forecast> forecast(const std::vector<double>& x, const std::vector<double>& y,
                                 double target, std::string& refused);

}  // namespace flm
