#include "reports/statistics/curves/smoothing.h"

#include "base/errors.h"

namespace flm {

std::vector<double> centred_means(const std::vector<double>& x, const std::vector<double>& y,
                                  const std::vector<std::size_t>& segments, double width) {
  FLM_CHECK(x.size() == y.size() && x.size() == segments.size(), "a segment for each point");
  std::vector<double> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    while (segments[begin] != segments[i] || x[i] - x[begin] > width / 2) ++begin;
    double sum = 0, count = 0;
    for (std::size_t j = begin; j < x.size() && segments[j] == segments[i]; ++j) {
      if (x[j] - x[i] > width / 2) break;
      sum += y[j];
      ++count;
    }
    out.push_back(sum / count);
  }
  return out;
}

}  // namespace flm
