// The functions that task files name as `!function module.name`, in C++.
//
// A key is "FOLDER/module.name": the folder of the file in which the tag stands, because many have
// a utils.py of their own. The longest known one that ends the file's path wins ("bbh/zeroshot");
// a last folder "*" stands for any. A name that has its folder ("code/metrics.pass_at_k") is known
// from every file. To add a function: write add_FAMILY(NativeFunctions&) in
// tasks/native/FAMILY.cc, declare it in families.h, call it in native_functions.cc.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "tasks/python/value.h"
#include "tasks/task.h"

namespace flm {

struct CodeProgram;  // tasks/sandbox/sandbox.h
struct CodeOutcome;

/// Arguments that the task file gives beside the function: of a metric or of a filter.
using NativeArguments = std::vector<std::pair<std::string, PyValue>>;
const PyValue* find_argument(const NativeArguments& arguments, const std::string& name);

/// process_docs: the rows of a split to the rows that are evaluated or drawn from.
using RowsFunction = std::function<std::vector<Json>(const std::vector<Json>& rows)>;

/// doc_to_text, doc_to_target, doc_to_choice: the value of one document (choices: a list of str).
using DocFunction = std::function<PyValue(const PyValue& doc)>;

/// fewshot_config's samples: a list of rows (dicts).
using SamplesFunction = std::function<PyList()>;

/// What a document's requests gave.
struct NativeResults {
  std::span<const RequestAnswer> answers;  // of its requests, in order
  PyValue filtered;                        // generation: the filtered response
};
using MetricValues = std::vector<std::pair<std::string, std::vector<double>>>;

/// process_results: metric -> value; the names are those of metric_list.
using ResultsFunction = std::function<MetricValues(const PyValue& doc, const NativeResults&)>;

/// One item of a custom filter or filter class: the responses of one document (a list, or what an
/// earlier step made of it) to the filtered ones.
using FilterFunction = std::function<PyValue(const PyValue& responses, const PyValue& doc,
                                             const NativeArguments& arguments)>;

/// A metric of generations: names of the values that it gives for these arguments ("pass@1",
/// "pass@10"), and their values for one document. One that runs generated code has `programs` and
/// `judged` in place of `values`.
struct NativeMetric {
  std::function<std::vector<std::string>(const NativeArguments& arguments)> names;
  std::function<MetricValues(const PyValue& reference, const PyValue& prediction,
                             const NativeArguments& arguments)>
      values;
  std::function<std::vector<CodeProgram>(const PyValue& reference, const PyValue& prediction)>
      programs = {};
  std::function<MetricValues(std::span<const CodeOutcome> outcomes,
                             const NativeArguments& arguments)>
      judged = {};
};

/// Every native function by kind. Immutable after it was built.
struct NativeFunctions {
  std::map<std::string, RowsFunction> process_docs;
  std::map<std::string, DocFunction> doc_values;
  std::map<std::string, SamplesFunction> samples;
  std::map<std::string, ResultsFunction> process_results;
  std::map<std::string, FilterFunction> filters;
  std::map<std::string, NativeMetric> metrics;
  std::map<std::string, std::string> aggregations;  // -> name of an aggregation of reports/
};
const NativeFunctions& native_functions();

/// The keys under which `function` (module.name) of a file may be known, the most exact one first.
std::vector<std::string> native_keys(const std::string& file, const std::string& function);

/// The function of one kind, or null.
template <class Function>
const Function* find_native(const std::map<std::string, Function>& kind, const std::string& file,
                            const std::string& function) {
  for (const std::string& key : native_keys(file, function)) {
    const auto found = kind.find(key);
    if (found != kind.end()) return &found->second;
  }
  return nullptr;
}

/// Python's dataset.map: each row with the keys that `change` gives added or replaced.
RowsFunction mapped_rows(std::function<Json(const Json& row)> change);

}  // namespace flm
