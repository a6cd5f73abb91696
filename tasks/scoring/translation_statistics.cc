#include "tasks/scoring/translation_statistics.h"

#include "base/text/utf8.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"
#include "tasks/scoring/ngrams.h"

namespace flm {
namespace {

constexpr std::size_t kBleuOrder = 4, kCharacterOrder = 6;

/// mteval-v13a's tokens.
std::vector<std::string> tokens_13a(const std::string& text) {
  static const std::vector<std::pair<PythonRegex, std::string>> rules = [] {
    std::vector<std::pair<PythonRegex, std::string>> all;
    all.emplace_back(PythonRegex::compile(R"(([\{-\~\[-\` -\&\(-\+\:-\@\/]))"), R"( \1 )");
    all.emplace_back(PythonRegex::compile(R"(([^0-9])([\.,]))"), R"(\1 \2 )");
    all.emplace_back(PythonRegex::compile(R"(([\.,])([^0-9]))"), R"( \1 \2)");
    all.emplace_back(PythonRegex::compile(R"(([0-9])(-))"), R"(\1 \2 )");
    return all;
  }();
  std::string line = python_rstrip(text);
  for (const auto& [old, with] : std::vector<std::pair<const char*, const char*>>{{"<skipped>", ""},
                                                                                  {"-\n", ""},
                                                                                  {"\n", " "},
                                                                                  {"&quot;", "\""},
                                                                                  {"&amp;", "&"},
                                                                                  {"&lt;", "<"},
                                                                                  {"&gt;", ">"}})
    line = python_replace(line, old, with);
  line = " " + line + " ";
  for (const auto& [regex, with] : rules) line = regex.sub(with, line);
  return python_split(line);
}

/// Words with the punctuation at one end set apart.
std::vector<std::string> chrf_words(const std::string& text) {
  const auto is_mark = [](char c) { return kPythonPunctuation.find(c) != std::string_view::npos; };
  std::vector<std::string> words;
  for (const std::string& word : python_split(text)) {
    if (word.size() > 1 && is_mark(word.back())) {
      words.push_back(word.substr(0, word.size() - 1));
      words.push_back(word.substr(word.size() - 1));
    } else if (word.size() > 1 && is_mark(word.front())) {
      words.push_back(word.substr(0, 1));
      words.push_back(word.substr(1));
    } else {
      words.push_back(word);
    }
  }
  return words;
}

template <class Unit, class Sequence>
void add_order(std::vector<double>& out, const Sequence& hypothesis, const Sequence& reference,
               std::size_t order) {
  const NgramCounts<Unit> h = ngrams<Unit>(hypothesis, order), r = ngrams<Unit>(reference, order);
  out.push_back(r.empty() ? 0 : total(h));  // nothing to be right about: not counted
  out.push_back(total(r));
  out.push_back(shared(h, r));
}

}  // namespace

std::vector<double> bleu_statistics(const std::string& hypothesis, const std::string& reference) {
  const std::vector<std::string> h = tokens_13a(hypothesis), r = tokens_13a(reference);
  std::vector<double> out(2 * kBleuOrder);
  for (std::size_t n = 1; n <= kBleuOrder; ++n) {
    const auto counts = ngrams<std::string>(h, n);
    out[n - 1] = shared(counts, ngrams<std::string>(r, n));
    out[kBleuOrder + n - 1] = total(counts);
  }
  out.push_back(static_cast<double>(h.size()));
  out.push_back(static_cast<double>(r.size()));
  return out;
}

std::vector<double> chrf_statistics(const std::string& hypothesis, const std::string& reference,
                                    int word_order) {
  const auto characters = [](const std::string& text) {
    return utf8_decode(python_join("", python_split(text)));
  };
  const std::u32string h = characters(hypothesis), r = characters(reference);
  std::vector<double> out;
  for (std::size_t n = 1; n <= kCharacterOrder; ++n) add_order<char32_t>(out, h, r, n);
  const std::vector<std::string> hw = chrf_words(hypothesis), rw = chrf_words(reference);
  for (std::size_t n = 1; n <= static_cast<std::size_t>(word_order); ++n)
    add_order<std::string>(out, hw, rw, n);
  return out;
}

std::vector<double> translation_statistics(const std::string& metric, const std::string& hypothesis,
                                           const std::string& reference) {
  if (metric == "bleu") return bleu_statistics(hypothesis, reference);
  if (metric == "chrf") return chrf_statistics(hypothesis, reference, 0);
  if (metric == "chrf++") return chrf_statistics(hypothesis, reference, 2);
  if (metric == "ter") return ter_statistics(hypothesis, reference);
  return {};
}

}  // namespace flm
