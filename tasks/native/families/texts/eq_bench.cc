// EQ-Bench: how strongly a person feels four emotions, each from 0 to 10.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/literal.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

constexpr std::size_t kEmotions = 4;

struct Feeling {
  PyValue emotion;
  double strength = 0;
};

double as_strength(const PyValue& value) {
  if (value.is_string()) return python_parse_float(value.as_string());
  if (!value.is_number())
    throw UserError("the column reference_answer_fullscale must hold numbers, not " +
                    value.type_name());
  return value.as_float();
}

std::vector<Feeling> reference_feelings(const PyValue& doc) {
  const auto reference = python_literal(text_column(doc, "reference_answer_fullscale"));
  if (!reference || !reference->is_dict())
    throw UserError("the column reference_answer_fullscale must be a dict in Python's form");
  std::vector<Feeling> feelings;
  for (std::size_t i = 1; i <= kEmotions; ++i) {
    const std::string key = "emotion" + std::to_string(i);
    feelings.push_back({column(*reference, key), as_strength(column(*reference, key + "_score"))});
  }
  return feelings;
}

/// "Name: 7", each name with the last number said of it.
std::vector<Feeling> said_feelings(const std::string& said) {
  static const PythonRegex pattern = PythonRegex::compile(R"((\w+):\s+(\d+))");
  std::vector<Feeling> feelings;
  for (const auto& groups : pattern.findall(said)) {
    const PyValue emotion(groups[0]);
    const auto known = std::find_if(feelings.begin(), feelings.end(),
                                    [&](const Feeling& one) { return one.emotion == emotion; });
    if (known == feelings.end()) {
      feelings.push_back({emotion, python_parse_float(groups[1])});
    } else {
      known->strength = python_parse_float(groups[1]);
    }
  }
  return feelings;
}

/// Small differences count less than they are.
double scaled_difference(double difference) {
  if (difference == 0) return 0;
  if (difference <= 5) return 6.5 * (1 / (1 + std::pow(std::numbers::e, -1.2 * (difference - 4))));
  return difference;
}

/// Not parseable unless it names the four emotions. Random answers get 0.
MetricValues eq_scores(const PyValue& doc, const NativeResults& results) {
  constexpr double kAdjusted = 0.7477;
  const std::vector<Feeling> reference = reference_feelings(doc),
                             said = said_feelings(results.filtered.str());
  const auto is_asked = [&](const Feeling& one) {
    return std::any_of(reference.begin(), reference.end(),
                       [&](const Feeling& other) { return other.emotion == one.emotion; });
  };
  if (said.size() != kEmotions || !std::all_of(said.begin(), said.end(), is_asked))
    return {{"eqbench", {0}}, {"percent_parseable", {0}}};
  double tally = 0;
  for (const Feeling& one : said) {
    for (const Feeling& other : reference) {
      if (one.emotion == other.emotion)
        tally += scaled_difference(std::fabs(one.strength - other.strength));
    }
  }
  return {{"eqbench", {(10 - tally * kAdjusted) * 10}}, {"percent_parseable", {100}}};
}

}  // namespace

void add_eq_bench(NativeFunctions& all) {
  for (const char* folder : {"eq_bench", "eq_bench/multilingual"})
    all.process_results[std::string(folder) + "/utils.calculate_score_fullscale"] = eq_scores;
}

}  // namespace flm
