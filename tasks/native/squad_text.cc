#include "tasks/native/squad_text.h"

#include <cctype>
#include <map>

#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {

std::string without_punctuation(std::string_view text) {
  std::string kept;
  for (const unsigned char c : text) {
    if (c >= 128 || !std::ispunct(c)) kept += static_cast<char>(c);
  }
  return kept;
}

std::string squad_normalised(const std::string& text) {
  static const PythonRegex articles = PythonRegex::compile(R"(\b(a|an|the)\b)");
  const std::string words = articles.sub(" ", without_punctuation(python_lower(text)));
  return python_join(" ", python_split(words));
}

double squad_exact(const std::string& gold, const std::string& predicted) {
  return squad_normalised(gold) == squad_normalised(predicted) ? 1.0 : 0.0;
}

double shared_words_f1(const std::vector<std::string>& gold,
                       const std::vector<std::string>& predicted) {
  std::map<std::string, int> left;
  for (const std::string& word : gold) ++left[word];
  int same = 0;
  for (const std::string& word : predicted) same += left[word]-- > 0 ? 1 : 0;
  if (same == 0) return 0;
  const double precision = 1.0 * same / static_cast<double>(predicted.size()),
               recall = 1.0 * same / static_cast<double>(gold.size());
  return (2 * precision * recall) / (precision + recall);
}

double words_f1(const std::vector<std::string>& gold, const std::vector<std::string>& predicted) {
  if (gold.empty() || predicted.empty()) return gold == predicted ? 1.0 : 0.0;
  return shared_words_f1(gold, predicted);
}

double squad_f1(const std::string& gold, const std::string& predicted) {
  return words_f1(python_split(squad_normalised(gold)), python_split(squad_normalised(predicted)));
}

}  // namespace flm
