// Room 2: a task file as checked data. Keys and meanings are lm-evaluation-harness 0.4.13's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tasks/files/task_file.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/value.h"
#include "tasks/task.h"

namespace flm {

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
  const PyValue* find(const std::string& name) const;
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
  std::string config_json;  // the merged file

  std::string evaluated_split() const { return test_split.empty() ? validation_split : test_split; }
};

/// Checks every key; an unknown one is a UserError "FILE:line: ..." with the nearest known key.
TaskSpec make_task_spec(const TaskFile& file);

/// Parses every template, pattern and generation option of a task, without its data.
void check_task_spec(const TaskSpec& spec);

/// The known name nearest to `name` by edit distance; "" where none is near.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

/// Default aggregation and direction of a metric, or nothing where it is unknown.
struct MetricDefault {
  std::string aggregation;
  bool higher_is_better;
};
std::optional<MetricDefault> metric_default(const std::string& metric);

}  // namespace flm
