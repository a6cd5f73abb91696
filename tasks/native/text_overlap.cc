#include "tasks/native/text_overlap.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "base/text/utf8.h"
#include "tasks/native/longest_subsequence.h"
#include "tasks/native/porter_stem.h"
#include "tasks/python/text.h"
#include "tasks/scoring/ngrams.h"

namespace flm {
namespace {

using Words = std::vector<std::string>;
using Counts = NgramCounts<std::string>;

bool is_of(char32_t c, std::uint32_t mask) { return U_GET_GC_MASK(static_cast<UChar32>(c)) & mask; }
bool is_number(char32_t c) { return is_of(c, U_GC_N_MASK); }
bool is_punctuation(char32_t c) { return is_of(c, U_GC_P_MASK); }

/// Punctuation stands alone unless digits are on both sides; symbols always do. Three passes, each
/// over pairs that do not overlap, as mteval-v14's substitutions work.
Words intl_words(const std::string& sentence) {
  std::u32string text = utf8_decode(python_rstrip(sentence)), out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = i + 1 < text.size() && !is_number(text[i]) && is_punctuation(text[i + 1]);
    out += text[i];
    if (pair) (out += U' ', out += text[++i], out += U' ');
  }
  text = std::exchange(out, {});
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = i + 1 < text.size() && is_punctuation(text[i]) && !is_number(text[i + 1]);
    if (pair) out += U' ';
    out += text[i];
    if (pair) (out += U' ', out += text[++i]);
  }
  text = std::exchange(out, {});
  for (char32_t c : text) {
    const bool symbol = is_of(c, U_GC_S_MASK);
    if (symbol) out += U' ';
    out += c;
    if (symbol) out += U' ';
  }
  return python_split(utf8_encode(out));
}

double f_measure(double precision, double recall) {
  return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0.0;
}

/// Lower case, runs of ASCII letters and digits.
Words rouge_words(const std::string& text) {
  Words words(1);
  for (char c : python_lower(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

double rouge_n(const Words& reference, const Words& prediction, std::size_t order) {
  const Counts a = ngrams<std::string>(reference, order),
               b = ngrams<std::string>(prediction, order);
  const double hits = shared(a, b);
  return f_measure(hits / std::max(total(b), 1), hits / std::max(total(a), 1));
}

/// Places in `reference` of a longest common subsequence.
std::set<std::size_t> common_places(const Words& reference, const Words& prediction) {
  const std::vector<std::vector<int>> length = common_lengths(reference, prediction);
  std::set<std::size_t> places;
  for (std::size_t i = reference.size(), j = prediction.size(); i > 0 && j > 0;) {
    if (reference[i - 1] == prediction[j - 1]) {
      places.insert(--i);
      --j;
    } else if (length[i][j - 1] > length[i - 1][j]) {
      --j;
    } else {
      --i;
    }
  }
  return places;
}

/// Words of more than three letters lose their endings.
Words stemmed_words(const std::string& text) {
  Words words = rouge_words(text);
  for (std::string& word : words)
    if (word.size() > 3) word = porter_stem(word);
  std::erase(words, "");
  return words;
}

template <auto words_of>
std::vector<Words> sentences(const std::string& text) {
  std::vector<Words> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) out.push_back(words_of(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

/// The union of each reference sentence's common words with every predicted one.
double rouge_lsum(const std::vector<Words>& reference, const std::vector<Words>& prediction) {
  std::map<std::string, int> left_there, left_here;
  std::size_t size_there = 0, size_here = 0;
  for (const Words& sentence : reference) {
    size_there += sentence.size();
    for (const std::string& word : sentence) ++left_there[word];
  }
  for (const Words& sentence : prediction) {
    size_here += sentence.size();
    for (const std::string& word : sentence) ++left_here[word];
  }
  if (size_there == 0 || size_here == 0) return 0;
  int hits = 0;
  for (const Words& sentence : reference) {
    std::set<std::size_t> places;
    for (const Words& other : prediction) places.merge(common_places(sentence, other));
    for (std::size_t place : places) {
      const std::string& word = sentence[place];
      if (left_here[word] <= 0 || left_there[word] <= 0) continue;
      ++hits;
      --left_here[word];
      --left_there[word];
    }
  }
  return f_measure(static_cast<double>(hits) / static_cast<double>(size_here),
                   static_cast<double>(hits) / static_cast<double>(size_there));
}

}  // namespace

double sentence_bleu_intl(const std::string& reference, const std::string& prediction) {
  constexpr std::size_t kOrders = 4;
  const Words there = intl_words(reference), here = intl_words(prediction);
  double log_sum = 0, smoothing = 1;
  bool any = false, ended = false;
  for (std::size_t order = 1; order <= kOrders; ++order) {
    const Counts counts = ngrams<std::string>(here, order);
    const int correct = shared(counts, ngrams<std::string>(there, order)), all = total(counts);
    any |= correct > 0;
    ended |= all == 0;
    if (!ended && correct == 0) smoothing *= 2;
    const double precision = ended         ? 0
                             : correct > 0 ? 100.0 * correct / all
                                           : 100.0 / (smoothing * all);
    log_sum += precision == 0 ? -9999999999.0 : std::log(precision);
  }
  if (!any) return 0;
  const double brevity =
      here.size() < there.size()
          ? std::exp(1 - static_cast<double>(there.size()) / static_cast<double>(here.size()))
          : 1.0;
  return brevity * std::exp(log_sum / kOrders);
}

Rouge rouge_scores(const std::string& reference, const std::string& prediction) {
  const Words there = rouge_words(reference), here = rouge_words(prediction);
  return {rouge_n(there, here, 1), rouge_n(there, here, 2),
          rouge_lsum(sentences<rouge_words>(reference), sentences<rouge_words>(prediction))};
}

double stemmed_rouge_lsum(const std::string& reference, const std::string& prediction) {
  return rouge_lsum(sentences<stemmed_words>(reference), sentences<stemmed_words>(prediction));
}

}  // namespace flm
