// Items of two runs, paired by what they are and never by doc_id.
#pragma once

#include <cstdint>
#include <vector>

#include "reports/compare/logged_run.h"

namespace flm {

/// What differs between two items of one document. Of several the first is the cause.
enum class ItemDifference { kPrompt, kRequests, kTarget };

struct Pairing {
  std::vector<ItemPair> pairs;  // in A's order; equal items pair in order
  std::int64_t only_a = 0, only_b = 0;
  /// Documents that both have, asked in another way; [ItemDifference].
  std::int64_t differing[3] = {0, 0, 0};
  std::int64_t moved = 0;    // pairs whose doc_id differs
  std::int64_t renamed = 0;  // doc_ids that name another document in B
  std::int64_t repeats = 0;  // of the pairs, documents that another pair has too
};

/// `with_requests`: both runs' LoggedItem::requests are filled and count.
Pairing pair_items(const std::vector<LoggedItem>& a, const std::vector<LoggedItem>& b,
                   bool with_requests);

}  // namespace flm
