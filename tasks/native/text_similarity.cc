#include "tasks/native/text_similarity.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/text/utf8.h"
#include "tasks/native/longest_subsequence.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// Equal stretches of two texts, at `a` and `b`.
struct Stretch {
  std::size_t a, b, size;
};

struct Range {
  std::size_t a_begin, a_end, b_begin, b_end;
};

class SequenceMatcher {
 public:
  SequenceMatcher(std::u32string a, std::u32string b) : a_(std::move(a)), b_(std::move(b)) {
    constexpr std::size_t kLong = 200;  // where characters may be too common to begin a stretch
    for (std::size_t i = 0; i < b_.size(); ++i) places_[b_[i]].push_back(i);
    if (b_.size() < kLong) return;
    const std::size_t most = b_.size() / 100 + 1;
    std::erase_if(places_, [&](const auto& one) { return one.second.size() > most; });
  }

  /// Characters in the stretches that are found when the longest one splits the texts, and so on.
  std::size_t matches() const {
    std::size_t sum = 0;
    std::vector<Range> open = {{0, a_.size(), 0, b_.size()}};
    while (!open.empty()) {
      const Range range = open.back();
      open.pop_back();
      const Stretch found = longest(range);
      if (found.size == 0) continue;
      sum += found.size;
      open.push_back({range.a_begin, found.a, range.b_begin, found.b});
      open.push_back({found.a + found.size, range.a_end, found.b + found.size, range.b_end});
    }
    return sum;
  }

 private:
  /// The longest stretch of characters that are not too common, the first of its length.
  Stretch longest_rare(const Range& in) const {
    Stretch best = {in.a_begin, in.b_begin, 0};
    std::map<std::size_t, std::size_t> lengths;  // of the stretches that end at the last i and here
    for (std::size_t i = in.a_begin; i < in.a_end; ++i) {
      std::map<std::size_t, std::size_t> longer;
      const auto places = places_.find(a_[i]);
      if (places != places_.end()) {
        for (const std::size_t j : places->second) {
          if (j < in.b_begin) continue;
          if (j >= in.b_end) break;
          const auto before = j == 0 ? lengths.end() : lengths.find(j - 1);
          const std::size_t length = before == lengths.end() ? 1 : before->second + 1;
          longer[j] = length;
          if (length > best.size) best = {i + 1 - length, j + 1 - length, length};
        }
      }
      lengths = std::move(longer);
    }
    return best;
  }

  Stretch longest(const Range& in) const {
    Stretch best = longest_rare(in);
    while (best.a > in.a_begin && best.b > in.b_begin && a_[best.a - 1] == b_[best.b - 1])
      best = {best.a - 1, best.b - 1, best.size + 1};
    while (best.a + best.size < in.a_end && best.b + best.size < in.b_end &&
           a_[best.a + best.size] == b_[best.b + best.size])
      ++best.size;
    return best;
  }

  std::u32string a_, b_;
  std::map<char32_t, std::vector<std::size_t>> places_;  // in b
};

using Sentence = std::vector<std::string>;

/// One space between words; a sentence of white space alone has one empty word.
std::vector<Sentence> dotted_sentences(const std::string& text) {
  std::vector<Sentence> out;
  for (const std::string& sentence : python_split(text, ".", -1)) {
    if (!sentence.empty())
      out.push_back(python_split(python_join(" ", python_split(sentence)), " ", -1));
  }
  return out;
}

/// The words of one longest common subsequence.
void add_common_words(const Sentence& reference, const Sentence& prediction,
                      std::set<std::string>& words) {
  const std::vector<std::vector<int>> length = common_lengths(reference, prediction);
  for (std::size_t i = reference.size(), j = prediction.size(); i > 0 && j > 0;) {
    if (reference[i - 1] == prediction[j - 1]) {
      words.insert(reference[--i]);
      --j;
    } else if (length[i - 1][j] > length[i][j - 1]) {
      --i;
    } else {
      --j;
    }
  }
}

std::set<std::string> words_of_all(const std::vector<Sentence>& sentences) {
  std::set<std::string> words;
  for (const Sentence& sentence : sentences) words.insert(sentence.begin(), sentence.end());
  return words;
}

}  // namespace

double sequence_ratio(const std::string& a, const std::string& b) {
  const std::u32string left = utf8_decode(a), right = utf8_decode(b);
  const std::size_t both = left.size() + right.size();
  if (both == 0) return 1;
  const std::size_t matches = SequenceMatcher(left, right).matches();
  return 2.0 * static_cast<double>(matches) / static_cast<double>(both);
}

double rouge_l_of_sets(const std::string& reference, const std::string& prediction) {
  const std::vector<Sentence> there = dotted_sentences(reference),
                              here = dotted_sentences(prediction);
  if (there.empty() || here.empty()) return 0;
  std::set<std::string> common;
  for (const Sentence& sentence : there)
    for (const Sentence& other : here) add_common_words(sentence, other, common);
  const auto hits = static_cast<double>(common.size());
  const double recall = hits / static_cast<double>(words_of_all(there).size()),
               precision = hits / static_cast<double>(words_of_all(here).size());
  return 2.0 * ((precision * recall) / (precision + recall + 1e-8));
}

}  // namespace flm
