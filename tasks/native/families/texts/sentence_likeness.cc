// ASSIN 2: how alike two Portuguese sentences are.
#include <algorithm>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// The first number from 1 to 5 that is said; in the middle where none is.
double likeness_said(const std::string& said) {
  static const PythonRegex number = PythonRegex::compile(R"(\b([1-5](?:[.,]\d+)?)\b)");
  const auto found = number.search(said);
  if (!found) return 3;
  return std::clamp(python_parse_float(python_replace(*found->groups[1], ",", ".")), 1.0, 5.0);
}

double gold_likeness(const PyValue& doc) {
  const PyValue& gold = column(doc, "relatedness_score");
  if (gold.is_string()) return python_parse_float(gold.as_string());
  if (!gold.is_number())
    throw UserError("the column relatedness_score must be a number, not " + gold.type_name());
  return gold.as_float();
}

MetricValues likeness_pair(const PyValue& doc, const NativeResults& results) {
  return {{"pearsonr", {likeness_said(python_strip(results.filtered.str())), gold_likeness(doc)}}};
}

}  // namespace

void add_sentence_likeness(NativeFunctions& all) {
  all.process_results["portuguese_bench/assin2_utils.process_results_sts"] = likeness_pair;
  all.aggregations["portuguese_bench/assin2_utils.pearson_corr"] = "pearson";
}

}  // namespace flm
