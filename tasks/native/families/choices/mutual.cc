// MuTual: which of four replies goes on with a dialogue.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

std::string untokenised(std::string text) {
  static const std::vector<std::pair<std::string, std::string>> spaced = {
      {" '", "'"}, {" \n", "\n"}, {"\n ", "\n"}, {" n't", "n't"}, {"`` ", "\""}, {"''", "\""},
      {" :", ":"}, {" ;", ";"},   {" !", "!"},   {" ?", "?"},     {" ,", ","},   {" .", "."}};
  for (const auto& [old, with] : spaced) text = python_replace(text, old, with);
  return text;
}

Json dialogue(const Json& row) {
  Json options = Json::array();
  for (const Json& option : row.at("options"))
    options.push_back(untokenised(option.get<std::string>()));
  return {{"article", untokenised(text_of_row(row, "article"))}, {"options", std::move(options)}};
}

/// The log-likelihood of a reply, and whether it is the greedy one.
using Pair = std::pair<double, bool>;

/// numpy's argmax of the pairs laid out in one row, which is what the harness takes it of: where
/// no number is above 0, that is the first "greedy" of 1, or the first of 0.
std::size_t greatest_number(const std::vector<Pair>& pairs) {
  std::vector<double> numbers;
  for (const auto& [logprob, greedy] : pairs)
    numbers.insert(numbers.end(), {logprob, greedy ? 1.0 : 0.0});
  return static_cast<std::size_t>(std::max_element(numbers.begin(), numbers.end()) -
                                  numbers.begin());
}

/// r@1, r@2 and the reciprocal rank, with the harness's r@1 (see greatest_number).
MetricValues ranked(const PyValue& doc, const NativeResults& results) {
  const std::size_t gold = position({"A", "B", "C", "D"}, text_column(doc, "answers"));
  std::vector<Pair> pairs;
  for (const RequestAnswer& answer : results.answers)
    pairs.emplace_back(answer.logprob, answer.is_greedy);
  const Pair right = pairs.at(gold);
  const auto better =
      std::count_if(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair > right; });
  const bool first = greatest_number(pairs) == gold;
  return {{"r@1", {first ? 1.0 : 0.0}},
          {"r@2", {first || better == 1 ? 1.0 : 0.0}},
          {"mrr", {1.0 / (static_cast<double>(better) + 1)}}};
}

}  // namespace

void add_mutual(NativeFunctions& all) {
  all.process_docs["mutual/utils.process_docs"] = mapped_rows(dialogue);
  all.process_results["mutual/utils.process_results"] = ranked;
}

}  // namespace flm
