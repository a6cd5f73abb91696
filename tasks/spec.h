// A task file as checked data; files/ reads it. Keys and meanings are lm-evaluation-harness
// 0.4.13's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/documents/json.h"
#include "tasks/python/value.h"
#include "tasks/task.h"

namespace flm {

// The kinds of functions that a task file names as !function; native/ has them.

struct CodeProgram;  // tasks/sandbox/sandbox.h, of no concern to who only passes them on
struct CodeOutcome;

/// Arguments that the task file gives beside the function: of a metric or of a filter.
using NativeArguments = std::vector<std::pair<std::string, PyValue>>;
inline const PyValue* find_argument(const NativeArguments& arguments, const std::string& name) {
  for (const auto& [key, value] : arguments) {
    if (key == name) return &value;
  }
  return nullptr;
}

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

/// doc_to_text, doc_to_target, doc_to_choice: a column or template, a number, a list, a dict, a
/// native function.
struct TextRule {
  enum class Kind { kNone, kText, kValue, kFunction };
  Kind kind = Kind::kNone;
  std::string text;      // kText: column name or template
  PyValue value;         // kValue: int, list, dict
  DocFunction function;  // kFunction
  std::string where;     // FILE:line
  bool set() const { return kind != Kind::kNone; }
};

struct FilterStep {
  std::string function;
  NativeArguments arguments;
  std::string where;
  FilterFunction native = {};  // custom, or a class named by !function
  const PyValue* find(const std::string& argument) const {
    return find_argument(arguments, argument);
  }
};

struct FilterPipeline {
  std::string name;
  std::vector<FilterStep> steps;
};

struct MetricSpec {
  std::string metric, aggregation, where;
  bool higher_is_better = true;
  bool hf_evaluate = false;  // of generations: f1 and accuracy of whole numbers
  bool ignore_case = false, ignore_punctuation = false, ignore_numbers = false;
  std::optional<std::vector<std::string>> regexes_to_ignore;
  std::optional<NativeMetric> native;  // metric named by !function
  NativeArguments arguments;           // for it
};

struct FewshotConfig {
  std::string sampler = "default";   // default, first_n
  std::optional<std::string> split;  // "" where the file says null
  std::optional<PyValue> samples;    // list of rows
  RowsFunction process_docs;         // else the task's
  TextRule doc_to_text, doc_to_target, doc_to_choice;
  std::optional<std::string> target_delimiter, fewshot_delimiter, gen_prefix;
};

struct TaskSpec {
  std::string name, alias;
  std::vector<std::string> tags;
  std::string dataset_path, dataset_name, dataset_kwargs_json, folder;
  std::string training_split, validation_split, test_split, fewshot_split;
  RowsFunction process_docs;        // may be empty
  ResultsFunction process_results;  // may be empty; replaces the metrics' own values
  TextRule doc_to_text, doc_to_target, doc_to_choice;
  std::string cluster;  // column or template: documents that share it are not independent
  std::string description, target_delimiter = " ", fewshot_delimiter = "\n\n", gen_prefix;
  std::optional<int> num_fewshot;
  FewshotConfig fewshot;
  std::string output_type = "generate_until";
  PyValue generation_kwargs;  // dict
  int repeats = 1;
  std::vector<FilterPipeline> filters;
  std::vector<MetricSpec> metrics;
  std::string version_json = "\"Yaml\"";  // what lm-evaluation-harness says where a file has none
  std::optional<BpbProtocol> bpb;
  std::string config_json;                    // the merged file
  std::map<std::string, std::string> places;  // key of the merged file -> FILE:line
  std::vector<std::string> notes;             // what of the file has no effect, one line each

  /// FILE:line of a key; of one that the file lacks, the file's.
  std::string place(const std::string& key) const {
    const auto found = places.find(key);
    return found != places.end() ? found->second : folder + name;
  }
  std::string evaluated_split() const { return test_split.empty() ? validation_split : test_split; }
};

}  // namespace flm
