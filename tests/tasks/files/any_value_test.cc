// Any YAML value under any key of a task file gives a task or the author's error: never an error of
// this program, and never one without a place.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "base/errors.h"
#include "datasets/dataset.h"
#include "tasks/files/task_file.h"
#include "tasks/files/task_keys.h"
#include "tasks/items/check.h"
#include "tasks/items/configurable_task.h"
#include "tasks/task.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

const char* const kValues[] = {"null",
                               "true",
                               "1",
                               "-1",
                               "0",
                               "1.5",
                               ".nan",
                               "1e400",
                               "99999999999999999999999999",
                               "\"\"",
                               "text",
                               "\"{{q}}\"",
                               "\"{{nothing}}\"",
                               "\"{{\"",
                               "\"(\"",
                               "\"[1, 2]\"",
                               "\"\\0\"",
                               "[]",
                               "[1]",
                               "[null]",
                               "[[]]",
                               "[a, b]",
                               "[{a: 1}]",
                               "{}",
                               "{a: 1}",
                               "{1: 2}",
                               "{[1]: 2}",
                               "{a: {b: [c]}}",
                               "!function utils.process_docs",
                               "!function nothing",
                               "[!function a.b]",
                               "{a: !function a.b}",
                               "2020-01-02"};

/// A file that is in order, with one place for a value.
std::string file_with(const std::string& key, const std::string& value) {
  const std::string type = key == "choice" ? "multiple_choice" : "generate_until";
  std::string text =
      "task: any\ndataset_path: json\n"
      "dataset_kwargs: {data_files: {test: rows.jsonl}}\ntest_split: test\n"
      "fewshot_split: test\nnum_fewshot: 1\ndoc_to_text: q\ndoc_to_target: a\n"
      "doc_to_choice: c\noutput_type: " +
      type + "\n";
  const std::string head = key.substr(0, key.find('.'));
  std::string line = key + ": " + value;
  if (const std::size_t dot = key.find('.'); dot != std::string::npos) {
    const std::string inner = key.substr(dot + 1);
    if (head == "metric_list")
      line = "metric_list: [{" + (inner == "metric" ? "" : std::string("metric: exact_match, ")) +
             inner + ": " + value + "}]";
    else if (head == "filter")
      line = "filter_list: [{name: f, filter: [{" + inner + ": " + value + "}]}]";
    else if (head == "regex" || head == "multi_choice_regex" || head == "map" ||
             head == "take_first_k")
      line = "filter_list: [{name: f, filter: [{function: " + head + ", " + inner + ": " + value +
             "}, {function: take_first}]}]";
    else
      line = head + ": {" + inner + ": " + value + "}";
  }
  std::string out;
  for (std::size_t at = 0; at < text.size();) {  // without the line that the value replaces
    const std::size_t end = text.find('\n', at) + 1;
    if (!text.substr(at).starts_with(head + ":")) out += text.substr(at, end - at);
    at = end;
  }
  return out + line + "\n";
}

const char* const kKeys[] = {"task",
                             "task_alias",
                             "tag",
                             "group",
                             "include",
                             "dataset_path",
                             "dataset_name",
                             "dataset_kwargs",
                             "dataset_kwargs.data_files",
                             "dataset_kwargs.data_dir",
                             "dataset_kwargs.field",
                             "training_split",
                             "validation_split",
                             "test_split",
                             "fewshot_split",
                             "doc_to_text",
                             "doc_to_target",
                             "doc_to_choice",
                             "description",
                             "cluster",
                             "target_delimiter",
                             "fewshot_delimiter",
                             "gen_prefix",
                             "num_fewshot",
                             "fewshot_config",
                             "fewshot_config.sampler",
                             "fewshot_config.split",
                             "fewshot_config.samples",
                             "fewshot_config.doc_to_text",
                             "fewshot_config.doc_to_target",
                             "fewshot_config.target_delimiter",
                             "fewshot_config.gen_prefix",
                             "fewshot_config.process_docs",
                             "output_type",
                             "generation_kwargs",
                             "generation_kwargs.until",
                             "generation_kwargs.max_gen_toks",
                             "generation_kwargs.do_sample",
                             "generation_kwargs.temperature",
                             "generation_kwargs.top_k",
                             "generation_kwargs.top_p",
                             "generation_kwargs.repetition_penalty",
                             "generation_kwargs.num_beams",
                             "repeats",
                             "filter_list",
                             "filter.function",
                             "regex.regex_pattern",
                             "regex.group_select",
                             "regex.fallback",
                             "multi_choice_regex.regexes_to_ignore",
                             "multi_choice_regex.ignore_case",
                             "map.mapping_dict",
                             "map.default_value",
                             "take_first_k.k",
                             "metric_list",
                             "metric_list.metric",
                             "metric_list.aggregation",
                             "metric_list.higher_is_better",
                             "metric_list.ignore_case",
                             "metric_list.regexes_to_ignore",
                             "metric_list.hf_evaluate",
                             "metadata",
                             "metadata.version",
                             "context",
                             "window",
                             "process_docs",
                             "process_results",
                             "should_decontaminate",
                             "unsafe_code",
                             "use_prompt",
                             "unknown"};

class AnyValue : public ::testing::Test {
 protected:
  AnyValue() {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "rows.jsonl")
        << "{\"q\": \"one\", \"a\": \"x\", \"c\": [\"x\", \"y\"], \"choices\": [\"x\"]}\n"
           "{\"q\": 2, \"a\": 1, \"c\": [\"x\", \"y\"], \"choices\": [\"x\"]}\n";
  }
  ~AnyValue() override { fs::remove_all(folder_); }

  /// Loads, renders and scores; the author's error, or "".
  std::string outcome(const std::string& text) const {
    std::ofstream(folder_ / "any.yaml") << text;
    try {
      const TaskFile file = read_task_file((folder_ / "any.yaml").string());
      const TaskSpec spec = read_task_spec(file);
      check_task_spec(spec);
      const auto task = make_configurable_task(spec, catalog_, {});
      std::vector<std::int64_t> ids(static_cast<std::size_t>(task->doc_count()));
      std::iota(ids.begin(), ids.end(), 0);
      for (const TaskItem& item : task->items(ids)) score(*task, item);
      return "";
    } catch (const UserError& error) {
      return error.what();
    }
  }

  static void score(const Task& task, const TaskItem& item) {
    std::vector<RequestAnswer> answers(item.requests.size());
    for (std::size_t i = 0; i < answers.size(); ++i)
      answers[i].texts.assign(static_cast<std::size_t>(item.requests[i].repeats), "x (A) 5");
    if (!item.error.empty() || task.runs_code()) return;
    try {
      task.score(item, answers);
    } catch (const UserError& error) {
      EXPECT_NE(std::string(error.what()).find("document"), std::string::npos) << error.what();
    }
  }

  const DatasetCatalog catalog_{""};
  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

TEST_F(AnyValue, UnderAnyKeyIsATaskOrAnErrorWithItsPlace) {
  int refused = 0, taken = 0;
  for (const char* key : kKeys)
    for (const char* value : kValues)
      for (const char* type : {"", "choice"}) {
        std::string text = file_with(key, value);
        if (*type != 0 && text.find("output_type: generate_until") != std::string::npos)
          text.replace(text.find("generate_until"), 14, "multiple_choice");
        SCOPED_TRACE(text);
        std::string error;
        try {
          error = outcome(text);
        } catch (const std::exception& other) {
          ADD_FAILURE() << "not the author's error: " << other.what();
          continue;
        }
        ++(error.empty() ? taken : refused);
        const bool placed = error.find("any.yaml:") != std::string::npos ||
                            error.find("rows.jsonl") != std::string::npos;
        EXPECT_TRUE(error.empty() || placed) << error;
      }
  EXPECT_GT(refused, 500);
  EXPECT_GT(taken, 500);
}

}  // namespace
}  // namespace flm
