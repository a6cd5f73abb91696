// What a page of curves shows: plain data, filled by whoever follows a series of checkpoints.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace flm {

struct CurvePoint {
  std::string checkpoint;  // its name
  std::vector<double> x;   // by Curves::axes
  double value = 0;
  std::optional<double> low, high;                // sampling error: 95% interval over the items
  std::optional<double> steady_low, steady_high;  // checkpoint noise around the value
};

/// A checkpoint without a comparable value.
struct CurveGap {
  std::string checkpoint;
  std::vector<double> x;  // by Curves::axes
  std::string reason;
};

struct Curve {
  std::string name, metric;
  bool higher_is_better = true;
  std::vector<CurvePoint> points;  // ascending in x
  std::vector<CurveGap> gaps = {};
};

struct Curves {
  std::string title, about;       // the series, where it comes from
  std::vector<std::string> axes;  // "step", "tokens", "FLOPs"
  std::vector<Curve> curves;      // the first is the headline
  std::vector<std::string> notes = {};
};

}  // namespace flm
