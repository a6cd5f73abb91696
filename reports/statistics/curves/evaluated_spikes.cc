#include "reports/statistics/curves/evaluated_spikes.h"

#include <algorithm>
#include <cmath>

#include "reports/statistics/curves/local_line.h"
#include "reports/statistics/curves/median.h"

namespace flm {
namespace {

double deviation_of(const LineFit& line) {
  std::vector<double> sizes;
  for (double r : line.residuals) sizes.push_back(std::fabs(r));
  const double n = static_cast<double>(line.n);
  return std::max(line.deviation(), kMadToDeviation * median_of(sizes) * std::sqrt(n / (n - 2)));
}

class EvaluatedSpikeSearch {
 public:
  EvaluatedSpikeSearch(const std::vector<CurveStep>& steps, bool higher_is_better,
                       const EvaluatedSpikeThresholds& thresholds)
      : steps_(steps), sign_(higher_is_better ? -1 : 1), thresholds_(thresholds) {}

  std::vector<FoundSpike> run() {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (open_ && is_back(i)) {
        found_.back().recovered = i;
        open_ = false;
        since_.clear();
      }
      if (open_) {
        since_.push_back(i);
        if (since_.size() > thresholds_.least) accept_new_level();
      } else if (!opens(i)) {
        past_.push_back(i);
      }
    }
    return std::move(found_);
  }

 private:
  /// Higher is worse.
  double worse(double value) const { return sign_ * value; }

  bool is_back(std::size_t i) const {
    return worse(steps_[i].value) - before_ <= thresholds_.deviations * deviation_;
  }

  void accept_new_level() {
    past_ = std::move(since_);
    since_.clear();
    open_ = false;
  }

  std::optional<LineFit> line_of_the_past() const {
    std::vector<double> x, places, values;
    for (const std::size_t j : past_)
      if (steps_[j].x > 0) x.push_back(steps_[j].x);
    const std::size_t count =
        near_the_last(x, thresholds_.least, thresholds_.most, thresholds_.factor);
    if (count < std::max<std::size_t>(thresholds_.least, 3)) return std::nullopt;
    for (std::size_t j = past_.size(); j-- > 0 && places.size() < count;) {
      if (!(steps_[past_[j]].x > 0)) continue;
      places.push_back(std::log(steps_[past_[j]].x));
      values.push_back(worse(steps_[past_[j]].value));
    }
    return fit_line(places, values);
  }

  bool opens(std::size_t i) {
    const CurveStep& step = steps_[i];
    if (i == 0 || !step.change || !step.change_stderr || !(step.x > 0)) return false;
    const double jump = worse(*step.change);
    if (!(jump > thresholds_.paired_errors * *step.change_stderr)) return false;
    const std::optional<LineFit> past = line_of_the_past();
    if (!past) return false;
    const LineFit& line = *past;
    const double place = std::log(step.x), deviation = deviation_of(line);
    const double away = worse(step.value) - line.at(place), unit = deviation * line.reach(place);
    if (!(away > thresholds_.deviations * unit)) return false;
    found_.push_back({i, *step.change, jump / *step.change_stderr, away / unit, std::nullopt});
    before_ = worse(steps_[i].value) - jump;
    deviation_ = deviation;
    open_ = true;
    return true;
  }

  const std::vector<CurveStep>& steps_;
  const double sign_;
  const EvaluatedSpikeThresholds thresholds_;
  std::vector<FoundSpike> found_;
  std::vector<std::size_t> past_, since_;  // indices of steps
  bool open_ = false;                      // the last spike is not recovered
  double before_ = 0, deviation_ = 0;      // of the open spike
};

}  // namespace

std::vector<FoundSpike> find_spikes(const std::vector<CurveStep>& steps, bool higher_is_better,
                                    const EvaluatedSpikeThresholds& thresholds) {
  return EvaluatedSpikeSearch(steps, higher_is_better, thresholds).run();
}

}  // namespace flm
