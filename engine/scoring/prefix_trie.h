// All requests of a call as one tree: a row for each distinct prefix, so that nothing is computed
// twice.
//
//   requests             the trie, as nodes in depth-first order     a slice [3, 5)
//   A B C | x            0 A - 1 B - 2 C   asked for x, y            0 A - 1 B        recomputed
//   A B C | y                      |                                         |
//   A B D E | z                    + 3 D - 4 E   asked for z                 + 3 D - 4 E
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/engine.h"

namespace flm {

/// One scored position of one request: the row that predicts it and the token it is.
struct ScoredPosition {
  std::int32_t node = 0;
  std::int32_t target = 0;
  std::int32_t index = 0;    // in the request's result
  std::int64_t request = 0;  // in the caller's list
};

/// Takes the positions of its first node off `scored`, which has one: what one row of the LM head
/// is asked.
std::span<const ScoredPosition> take_head_row(std::span<const ScoredPosition>& scored);

/// Nodes [begin, end) of a trie in depth-first order, and the path above `begin`, which is computed
/// again: what one batch runs.
struct TrieSlice {
  std::int32_t begin = 0, end = 0;
  std::int32_t recomputed = 0;  // rows of the path above begin
  double flops = 0;
  std::int32_t rows() const { return recomputed + end - begin; }
};

/// Nodes are the distinct prefixes of tokens[0 .. n-2] in depth-first order, children by ascending
/// token id, so the trie does not depend on the order of the requests. Requests that score nothing
/// add no nodes.
class PrefixTrie {
 public:
  /// More than `most` nodes are a UserError.
  explicit PrefixTrie(std::span<const ScoreRequest> requests,
                      std::int64_t most = std::numeric_limits<std::int32_t>::max());

  std::int32_t nodes() const { return static_cast<std::int32_t>(tokens_.size()); }
  std::int32_t token(std::int32_t node) const { return tokens_[static_cast<std::size_t>(node)]; }
  std::int32_t position(std::int32_t node) const {
    return positions_[static_cast<std::size_t>(node)];
  }
  /// -1: none.
  std::int32_t parent(std::int32_t node) const { return parents_[static_cast<std::size_t>(node)]; }

  /// Scored positions, ascending by node, then target: all, and those of the nodes [begin, end).
  std::span<const ScoredPosition> scored() const { return scored_; }
  std::span<const ScoredPosition> scored(std::int32_t begin, std::int32_t end) const;
  std::int32_t longest_path() const { return longest_; }  // rows of the deepest path

 private:
  /// `path`: nodes of the inputs `before`, those of the request inserted last.
  void insert(const ScoreRequest& request, std::span<const std::int32_t> before, std::int64_t index,
              std::vector<std::int32_t>& path);

  std::int64_t most_;
  std::vector<std::int32_t> tokens_, positions_, parents_;
  std::vector<ScoredPosition> scored_;
  std::int32_t longest_ = 0;
};

}  // namespace flm
