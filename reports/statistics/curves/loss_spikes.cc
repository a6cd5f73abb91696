#include "reports/statistics/curves/loss_spikes.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>

#include "base/errors.h"
#include "reports/statistics/curves/median.h"

namespace flm {
namespace {

/// The values before a point, in order and sorted.
class Past {
 public:
  Past(const std::vector<double>& x, const std::vector<double>& y,
       const LossSpikeThresholds& thresholds)
      : x_(x), y_(y), thresholds_(thresholds) {}

  void add(std::size_t i) {
    order_.push_back(i);
    sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), y_[i]), y_[i]);
  }

  /// Leaves what counts for the point `i`.
  void cut_for(std::size_t i) {
    const double middle = x_[first_] + (x_[i] - x_[first_]) / 2;
    while (order_.size() > thresholds_.most ||
           (order_.size() > thresholds_.fewest && x_[order_.front()] < middle))
      drop_front();
  }

  void begin_at(std::size_t i) {
    order_.clear();
    sorted_.clear();
    first_ = i;
  }

  bool judges() const { return order_.size() >= thresholds_.fewest; }
  double median() const { return median_of_sorted(sorted_); }
  double least_spread() const { return thresholds_.least_spread * std::fabs(median()); }
  double factor() const {
    return thresholds_.deviations *
           (1 + thresholds_.small_sample / static_cast<double>(order_.size()));
  }

  double spread() const {
    std::vector<double> deviations, differences;
    for (const double value : sorted_) deviations.push_back(std::fabs(value - median()));
    for (std::size_t k = 1; k < order_.size(); ++k)
      differences.push_back(std::fabs(y_[order_[k]] - y_[order_[k - 1]]));
    const double noise = std::max(median_of(deviations), median_of(differences) / std::sqrt(2.0));
    return std::max(kMadToDeviation * noise, least_spread());
  }

 private:
  void drop_front() {
    sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), y_[order_.front()]));
    order_.pop_front();
  }

  const std::vector<double>&x_, &y_;
  const LossSpikeThresholds& thresholds_;
  std::deque<std::size_t> order_;
  std::vector<double> sorted_;
  std::size_t first_ = 0;
};

/// A spike and the values in a row that were back.
struct Watched {
  std::size_t spike = 0, back = 0, first_back = 0;
};

class LossSpikeSearch {
 public:
  LossSpikeSearch(const std::vector<double>& x, const std::vector<double>& y,
                  const LossSpikeThresholds& thresholds)
      : y_(y), thresholds_(thresholds), past_(x, y, thresholds) {}

  void see(std::size_t i) {
    watch(i);
    if (inside_) {
      Spike& spike = found_[*inside_];
      spike.peak = std::max(spike.peak, y_[i]);
      if (!spike.recovered && ++seen_ <= thresholds_.patience) return;
      // Back, or a new level: what went before says nothing of that.
      if (!spike.recovered) past_.begin_at(i);
      inside_.reset();
    }
    past_.cut_for(i);
    if (!begins(i)) past_.add(i);
  }

  std::vector<Spike> done() {
    for (const Watched& open : watched_)
      if (open.back > 0) found_[open.spike].recovered = open.first_back;
    return std::move(found_);
  }

 private:
  bool begins(std::size_t i) {
    if (!past_.judges()) return false;
    const double above = y_[i] - past_.median();
    if (above <= past_.factor() * past_.least_spread()) return false;  // most end here, cheaply
    const double spread = past_.spread();
    if (above <= past_.factor() * spread) return false;
    inside_ = found_.size();
    seen_ = 0;
    watched_.push_back({found_.size(), 0, 0});
    found_.push_back({i, past_.median(), spread, y_[i], std::nullopt});
    return true;
  }

  void watch(std::size_t i) {
    std::erase_if(watched_, [&](Watched& open) {
      Spike& spike = found_[open.spike];
      const bool back = y_[i] <= spike.before + thresholds_.recovered_within * spike.spread;
      open.back = back ? open.back + 1 : 0;
      if (open.back == 1) open.first_back = i;
      if (open.back < thresholds_.recovered_values) return false;
      spike.recovered = open.first_back;
      return true;
    });
  }

  const std::vector<double>& y_;
  const LossSpikeThresholds& thresholds_;
  Past past_;
  std::vector<Spike> found_;
  std::vector<Watched> watched_;       // not recovered yet
  std::optional<std::size_t> inside_;  // the spike that is going on
  std::size_t seen_ = 0;               // values of it
};

}  // namespace

std::vector<Spike> find_spikes(const std::vector<double>& x, const std::vector<double>& y,
                               const LossSpikeThresholds& thresholds) {
  FLM_CHECK(x.size() == y.size(), "a place for each value");
  FLM_CHECK(thresholds.fewest >= 2 && thresholds.most >= thresholds.fewest, "a past of values");
  LossSpikeSearch search(x, y, thresholds);
  for (std::size_t i = 0; i < y.size(); ++i)
    if (std::isfinite(y[i])) search.see(i);
  return search.done();
}

}  // namespace flm
