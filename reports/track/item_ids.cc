#include "reports/track/item_ids.h"

namespace flm {

ItemId ItemIds::of(const SampleRecord& sample) {
  const std::string key = sample.doc_hash + "\n" + sample.prompt_hash + "\n" + sample.target_hash;
  return ids_.try_emplace(key, static_cast<ItemId>(ids_.size())).first->second;
}

std::vector<std::pair<std::size_t, std::size_t>> pair_ids(const std::vector<ItemId>& a,
                                                          const std::vector<ItemId>& b) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  if (a == b) {
    for (std::size_t i = 0; i < b.size(); ++i) out.emplace_back(i, i);
    return out;
  }
  std::unordered_map<ItemId, std::vector<std::size_t>> places;
  for (std::size_t i = a.size(); i-- > 0;) places[a[i]].push_back(i);
  for (std::size_t i = 0; i < b.size(); ++i) {
    const auto found = places.find(b[i]);
    if (found == places.end() || found->second.empty()) continue;
    out.emplace_back(found->second.back(), i);
    found->second.pop_back();
  }
  return out;
}

}  // namespace flm
