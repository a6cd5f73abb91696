// Counted n-grams, which BLEU, chrF and ROUGE compare.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <vector>

namespace flm {

template <class Unit>
using NgramCounts = std::map<std::vector<Unit>, int>;

/// The n-grams of one order in a sequence of units (words, characters).
template <class Unit, class Sequence>
NgramCounts<Unit> ngrams(const Sequence& units, std::size_t order) {
  NgramCounts<Unit> counts;
  for (std::size_t i = 0; i + order <= units.size(); ++i)
    ++counts[std::vector<Unit>(units.begin() + static_cast<std::ptrdiff_t>(i),
                               units.begin() + static_cast<std::ptrdiff_t>(i + order))];
  return counts;
}

template <class Unit>
int total(const NgramCounts<Unit>& counts) {
  int sum = 0;
  for (const auto& [ngram, count] : counts) sum += count;
  return sum;
}

/// How many both have, each as often as the rarer one.
template <class Unit>
int shared(const NgramCounts<Unit>& a, const NgramCounts<Unit>& b) {
  int sum = 0;
  for (const auto& [ngram, count] : a) {
    const auto found = b.find(ngram);
    if (found != b.end()) sum += std::min(count, found->second);
  }
  return sum;
}

}  // namespace flm
