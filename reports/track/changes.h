// How the figures of a checkpoint changed since another one, paired over the same items.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "reports/statistics/differences/paired_change.h"
#include "reports/track/point_figures.h"

namespace flm {

/// All changes between two checkpoints, each computed once; both outlive it.
class Changes {
 public:
  Changes(const PointFigures& before, const PointFigures& now) : before_(before), now_(now) {}

  /// Null where either lacks the figure.
  std::optional<PairedChange> of_task(const std::string& task, const std::string& metric,
                                      const std::string& filter) const;
  /// Of a group: from its members' items, as its value is.
  std::optional<PairedChange> of_group(const GroupRecord& group, const std::string& metric,
                                       const std::string& filter) const;

 private:
  std::optional<PairedChange> compute(const std::string& task, const std::string& metric,
                                      const std::string& filter) const;
  struct Pairs {
    ItemValues before, now;
    std::vector<std::string> clusters;
  };
  Pairs pairs_of(const std::string& task, const ScoredMetric& before,
                 const ScoredMetric& now) const;
  /// Members with their weights, which add up to 1, and the metric that is weighted.
  struct Weighted {
    std::string task, metric;
    double weight = 0;
  };
  std::optional<PairedChange> weighted(std::vector<Weighted> members,
                                       const std::string& filter) const;
  std::optional<PairedChange> micro(const std::vector<Weighted>& members, const std::string& filter,
                                    std::size_t over, double scale) const;
  std::vector<Weighted> bpb_members(const GroupRecord& group, const std::string& filter) const;
  std::vector<Weighted> members(const GroupRecord& group, const std::string& metric,
                                const std::string& filter) const;

  const PointFigures& before_;
  const PointFigures& now_;
  mutable std::map<std::tuple<std::string, std::string, std::string>, std::optional<PairedChange>>
      of_tasks_;  // task, metric, filter
};

}  // namespace flm
