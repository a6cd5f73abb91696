// AfroBench's generated answers: named entities of MasakhaNER, and AfriQA.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tasks/native/native_functions.h"
#include "tasks/native/squad_text.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// A tag and its entity.
using Span = std::pair<std::string, std::string>;

/// Without punctuation, English articles and case, and with single spaces.
std::string plain_span(const std::string& text) {
  // Python's class reads `"-,` as a range: from the quotation mark to the comma.
  static const PythonRegex marks =
      PythonRegex::compile("[!\"$%&'()*+,\\-./:;<=>?\\[\\\\\\]^_`{|}~•@#]+");
  static const PythonRegex articles = PythonRegex::compile(R"(\b(a|an|the)\b)");
  static const PythonRegex blanks = PythonRegex::compile(R"(\s{3,}|\t)");
  static const PythonRegex space = PythonRegex::compile(R"(\s+)");
  const std::string words = articles.sub(" ", marks.sub(" ", text));
  return python_lower(space.sub(" ", blanks.sub("", words)));
}

/// A text, or the stripped texts of a list.
std::string spans_text(const PyValue& value) {
  if (!value.is_list()) return value.str();
  std::vector<std::string> parts;
  for (const PyValue& part : value.items()) parts.push_back(python_strip(part.str()));
  return python_join(" ", parts);
}

/// "PER: Ann $$ LOC: Accra, ORG: UN" in pairs; what has no single ": " is left out.
std::vector<Span> spans_in(const PyValue& value) {
  std::vector<Span> out;
  for (const std::string& part : python_split(python_strip(spans_text(value)), "$", -1)) {
    if (part.empty()) continue;
    for (const std::string& sentence : python_split(python_strip(part), ". ", -1))
      for (const std::string& one : python_split(sentence, ", ", -1)) {
        const std::vector<std::string> pair = python_split(python_strip(one), ": ", -1);
        if (pair.size() == 2)
          out.emplace_back(plain_span(python_strip(pair[0])), plain_span(python_strip(pair[1])));
      }
  }
  return out;
}

void only_one_target(const PyValue& reference) {
  if (reference.is_list())
    throw UserError("the harness compares one right answer, not a list: " + reference.repr());
}

/// {found, not there, missed}.
std::vector<double> span_counts(const PyValue& reference, const PyValue& prediction) {
  only_one_target(reference);
  std::vector<Span> gold = spans_in(reference);
  double found = 0, wrong = 0;
  for (const Span& span : spans_in(prediction)) {
    const auto match = std::find(gold.begin(), gold.end(), span);
    if (match == gold.end()) {
      ++wrong;
    } else {
      ++found;
      gold.erase(match);
    }
  }
  return {found, wrong, static_cast<double>(gold.size())};
}

/// SQuAD 1.1's F1: 0 where neither text has a word.
std::vector<double> afriqa_f1(const PyValue& reference, const PyValue& prediction) {
  only_one_target(reference);
  const std::string gold = squad_normalised(reference.str());
  return {gold.empty() ? 0 : squad_f1(gold, prediction.str())};
}

}  // namespace

/// Not there: MasakhaPOS, XL-Sum, and prompt 2 of MAFAND (tasks/files/readers.cc says why).
void add_african_generation(NativeFunctions& all) {
  all.comparisons["masakhaner/*/utils.span_f1_agg"] = {span_counts, "span_f1"};
  all.comparisons["afriqa/*/utils.f1"] = {afriqa_f1, "mean"};
}

}  // namespace flm
