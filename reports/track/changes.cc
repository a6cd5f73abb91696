#include "reports/track/changes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace flm {
namespace {

const ScoredMetric* find(const PointFigures& figures, const std::string& task,
                         const std::string& metric, const std::string& filter) {
  const auto leaf = figures.leaves.find(task);
  const ScoredMetric* scored =
      leaf == figures.leaves.end() ? nullptr : leaf->second.find(metric, filter);
  return scored && scored->score.value ? scored : nullptr;
}

std::vector<ItemId> ids_of(const PointFigures& figures, const std::string& task,
                           const ScoredMetric& scored) {
  const std::vector<ItemId>& all = figures.ids.at(task);
  std::vector<ItemId> out;
  for (const std::size_t sample : scored.samples) out.push_back(all[sample]);
  return out;
}

constexpr double kBits = std::numbers::log2e;

}  // namespace

Changes::Pairs Changes::pairs_of(const std::string& task, const ScoredMetric& before,
                                 const ScoredMetric& now) const {
  Pairs out;
  for (const auto& [a, b] : pair_ids(ids_of(before_, task, before), ids_of(now_, task, now))) {
    out.before.push_back(before.items[a]);
    out.now.push_back(now.items[b]);
    out.clusters.push_back(now.clusters[b] == task ? "" : now.clusters[b]);
  }
  return out;
}

std::optional<PairedChange> Changes::of_task(const std::string& task, const std::string& metric,
                                             const std::string& filter) const {
  const auto [known, added] = of_tasks_.try_emplace({task, metric, filter});
  if (added) known->second = compute(task, metric, filter);
  return known->second;
}

std::optional<PairedChange> Changes::compute(const std::string& task, const std::string& metric,
                                             const std::string& filter) const {
  if (metric == "tokens_per_byte")
    return micro(bpb_members({task, "", "", {}, {task}, {}}, filter), filter, 2, 1);
  const ScoredMetric* before = find(before_, task, metric, filter);
  const ScoredMetric* now = find(now_, task, metric, filter);
  if (!before || !now) return std::nullopt;
  const Pairs pairs = pairs_of(task, *before, *now);
  if (pairs.now.empty()) return std::nullopt;
  return paired_change(now->metric.aggregation, pairs.before, pairs.now, pairs.clusters);
}

std::vector<Changes::Weighted> Changes::bpb_members(const GroupRecord& group,
                                                    const std::string& filter) const {
  std::vector<Weighted> out;
  for (const std::string& task : group.leaves) {
    const auto leaf = now_.leaves.find(task);
    if (leaf == now_.leaves.end()) continue;
    for (const ScoredMetric& scored : leaf->second.metrics)
      if (scored.metric.aggregation == "bpb" && scored.metric.filter == filter) {
        out.push_back({task, scored.metric.metric, 1});
        break;
      }
  }
  return out;
}

/// Weights of a group's own metric: by size unless the group file says otherwise.
std::vector<Changes::Weighted> Changes::members(const GroupRecord& group, const std::string& metric,
                                                const std::string& filter) const {
  const auto asked =
      std::find_if(group.metrics.begin(), group.metrics.end(),
                   [&](const GroupMetricRecord& wanted) { return wanted.is_of(metric, filter); });
  const bool by_size = asked == group.metrics.end() || asked->weight_by_size;
  std::vector<Weighted> out;
  for (const std::string& task : group.leaves)
    if (const ScoredMetric* now = find(now_, task, metric, filter))
      out.push_back({task, metric, by_size ? static_cast<double>(now->score.n) : 1});
  return out;
}

/// The members are independent; one that is counted twice has both weights.
std::optional<PairedChange> Changes::weighted(std::vector<Weighted> members,
                                              const std::string& filter) const {
  double total = 0, variance = 0;
  std::map<std::pair<std::string, std::string>, double> weights;
  for (const Weighted& member : members) {
    total += member.weight;
    weights[{member.task, member.metric}] += member.weight;
  }
  if (weights.empty() || !(total > 0)) return std::nullopt;
  PairedChange out;
  bool known = true;
  for (const auto& [member, weight] : weights) {
    const auto change = of_task(member.first, member.second, filter);
    if (!change) return std::nullopt;
    const double share = weight / total;
    out.difference += share * change->difference;
    known = known && change->stderr_value;
    if (change->stderr_value)
      variance += share * share * *change->stderr_value * *change->stderr_value;
  }
  if (known) out.stderr_value = std::sqrt(variance);
  return out;
}

std::optional<PairedChange> Changes::micro(const std::vector<Weighted>& members,
                                           const std::string& filter, std::size_t over,
                                           double scale) const {
  ItemValues all_before, all_now;
  std::vector<std::size_t> sizes;
  for (const Weighted& member : members) {
    const ScoredMetric* before = find(before_, member.task, member.metric, filter);
    const ScoredMetric* now = find(now_, member.task, member.metric, filter);
    if (!before || !now) return std::nullopt;
    const Pairs pairs = pairs_of(member.task, *before, *now);
    const auto take = [&](const ItemValues& from, ItemValues& to) {
      for (const std::vector<double>& item : from)
        if (item.size() > over) to.push_back({item[over], item[1]});
    };
    const std::size_t begin = all_now.size();
    take(pairs.before, all_before);
    take(pairs.now, all_now);
    if (all_before.size() != all_now.size()) return std::nullopt;
    sizes.push_back(all_now.size() - begin);
  }
  if (all_now.empty()) return std::nullopt;
  return stratified_ratio_change(all_before, all_now, sizes, scale);
}

std::optional<PairedChange> Changes::of_group(const GroupRecord& group, const std::string& metric,
                                              const std::string& filter) const {
  if (metric == "bpb_macro") return weighted(bpb_members(group, filter), filter);
  if (metric == "bpb_micro") return micro(bpb_members(group, filter), filter, 0, kBits);
  if (metric == "tokens_per_byte") return micro(bpb_members(group, filter), filter, 2, 1);
  for (const MixtureRecord& mixture : group.mixtures) {
    if (metric != "bpb_" + mixture.name) continue;
    std::vector<Weighted> out;
    for (const auto& [task, weight] : mixture.weights)
      for (const Weighted& member : bpb_members({task, "", "", {}, {task}, {}}, filter))
        out.push_back({task, member.metric, weight});
    return weighted(std::move(out), filter);
  }
  return weighted(members(group, metric, filter), filter);
}

}  // namespace flm
