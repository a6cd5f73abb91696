// The functions that task files name as `!function module.name`, in C++.
//
// A key is "FOLDER/module.name": the folder of the file in which the tag stands, because many have
// a utils.py of their own. The longest known one that ends the file's path wins ("bbh/zeroshot");
// a last folder "*" stands for any. A name that starts with lm_eval.tasks. is of the folder that it
// says, wherever the file lies. A name that has its folder ("code/metrics.pass_at_k") is known
// from every file. A family of tasks is a file native/families/KIND/NAME.cc that defines
// void add_NAME(NativeFunctions&); CMake writes the list of them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tasks/spec.h"

namespace flm {

/// An aggregation that compares generated texts itself, where the harness's metric only hands on
/// {reference, prediction}: what it needs of one document, and reports/'s aggregation of that.
struct NativeComparison {
  std::function<std::vector<double>(const PyValue& reference, const PyValue& prediction)> numbers;
  std::string aggregation;
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
  std::map<std::string, NativeComparison> comparisons;

  /// What `family` adds to its argument. Throws std::logic_error where another one has a key of it.
  void add(const std::function<void(NativeFunctions&)>& family);
};
const NativeFunctions& native_functions();

/// Adds the functions of every family; written by CMake.
void add_families(NativeFunctions& all);

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
