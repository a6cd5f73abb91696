// Numbers for items that are the same in several runs: pairing goes by them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reports/store/record.h"

namespace flm {

using ItemId = std::uint32_t;

/// One number for each document as it was asked, by its hashes and never by its doc_id.
class ItemIds {
 public:
  ItemId of(const SampleRecord& sample);

 private:
  std::unordered_map<std::string, ItemId> ids_;
};

/// Indices of the items that both have; equal ones pair in order. In the order of `b`.
std::vector<std::pair<std::size_t, std::size_t>> pair_ids(const std::vector<ItemId>& a,
                                                          const std::vector<ItemId>& b);

}  // namespace flm
