// A straight line through the last points of a curve, and what scatters around it.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace flm {

/// Least squares.
struct LineFit {
  double middle = 0, level = 0, slope = 0;  // level + slope (x - middle)
  double spread = 0;                        // sum of (x - middle)^2
  std::size_t n = 0;
  std::vector<double> residuals;  // [points]

  double at(double x) const { return level + slope * (x - middle); }
  /// Standard deviation of the residuals with n - 2 degrees of freedom; n > 2.
  double deviation() const;
  /// What the deviation of a new point at x is multiplied by: the line is not known exactly.
  double reach(double x) const;
};
/// Through two points or more; nothing where all of them stand at one place.
std::optional<LineFit> fit_line(const std::vector<double>& x, const std::vector<double>& y);

/// How many of the last points lie near the last one: `most` of them, fewer where they reach down
/// to below the last x by `factor`, but `least` where there are so many. A curve bends in log x,
/// and what it bends would be taken for noise. `x` ascends.
std::size_t near_the_last(const std::vector<double>& x, std::size_t least, std::size_t most,
                          double factor);

constexpr std::size_t kNoiseLeast = 5, kNoiseMost = 10;

/// Checkpoint noise by point: the deviation around a line in log x through the last points up to
/// it, kNoiseLeast to kNoiseMost of them within a factor of 2; nothing where there are fewer than
/// kNoiseLeast, or where they stand at one place. Points whose x is not above 0 have none and count
/// for none. `x` ascends.
std::vector<std::optional<double>> checkpoint_noise(const std::vector<double>& x,
                                                    const std::vector<double>& y);

}  // namespace flm
