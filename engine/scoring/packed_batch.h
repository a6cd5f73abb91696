// A slice of the trie as the model takes it: rows with their paths, what the LM head is asked, and
// who gets the answers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/batch.h"
#include "engine/engine.h"
#include "engine/model/model.h"
#include "engine/scoring/prefix_trie.h"

namespace flm {

/// One log-probability on its way home: that of target `target` of head row `head_row` goes to
/// position `index` of the result of `request`.
struct Recipient {
  std::int32_t head_row = 0, target = 0;
  std::int32_t index = 0;
  std::int64_t request = 0;
};

/// queries[i] is asked at rows.head_rows[i]; the model answers in the same order.
struct ScoringBatch {
  PackedBatch rows;
  std::vector<HeadQuery> queries;     // distinct targets, ascending; the most top k that is wanted
  std::vector<Recipient> recipients;  // one for each scored position of the slice
};

/// The recomputed path comes first and is asked nothing: whoever scored it has the answers.
/// `requests` are those that the trie was made of.
ScoringBatch pack(const PrefixTrie& trie, const TrieSlice& slice,
                  std::span<const ScoreRequest> requests);

}  // namespace flm
