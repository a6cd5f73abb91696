// A task file from its bytes to figures: whatever value stands under whatever key gives a
// UserError, or tasks whose two documents are rendered, answered by a stand-in engine, scored and
// aggregated.
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "reports/statistics/aggregates/aggregate.h"
#include "reports/statistics/aggregates/aggregations.h"
#include "tasks/selection/selection.h"
#include "tests/fuzz/message.h"

namespace {

/// What a task file may name: rows, and a file to include.
class Folder {
 public:
  Folder() {
    std::filesystem::create_directories(path_);
    std::ofstream(path_ / "rows.jsonl")
        << R"({"q": "one?", "a": "x", "n": 1, "c": ["x", "y"], "d": {"e": [null, 1.5]}})"
        << "\n"
           R"({"q": "二?", "a": "y", "n": 0, "c": ["y", "z"], "d": {"e": []}})"
           "\n";
    std::ofstream(path_ / "_base_yaml")
        << "dataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n"
           "test_split: test\ndoc_to_text: '{{q}}'\ndoc_to_target: a\n";
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string task_file(std::string_view bytes) const {
    const std::filesystem::path path = path_ / "task.yaml";
    std::ofstream(path) << bytes;
    return path.string();
  }

 private:
  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("flm_fuzz_task_yaml_" + std::to_string(getpid()));
};

/// The stand-in engine. Its texts are what filters and metrics of the tasks look for.
std::vector<flm::RequestAnswer> answers_of(const flm::TaskItem& item) {
  constexpr std::array kTexts = {"x", "The answer is (B).", "#### 1,234.5", ""};
  std::vector<flm::RequestAnswer> answers(item.requests.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const flm::TaskRequest& request = item.requests[i];
    if (request.repeats > 100) throw flm::UserError("true, and slow");
    answers[i].tokens = static_cast<std::int64_t>(request.continuation.size() + i + 1);
    answers[i].logprob = -0.5 * static_cast<double>(answers[i].tokens);
    answers[i].is_greedy = i % 2 == 0;
    for (int repeat = 0; repeat < request.repeats; ++repeat)
      answers[i].texts.emplace_back(kTexts[(i + static_cast<std::size_t>(repeat)) % kTexts.size()]);
  }
  return answers;
}

using Values = std::map<std::string, flm::ItemValues>;  // by filter and metric

/// Figures are finite or absent, and every aggregation that a task asks for is known.
void aggregate_all(const flm::Task& task, const Values& values) {
  for (const flm::MetricInfo& metric : task.metrics()) {
    if (metric.aggregation != "bypass" && !flm::find_aggregation(metric.aggregation)) std::abort();
    const auto found = values.find(metric.filter + "\n" + metric.metric);
    if (found == values.end()) continue;
    const auto value = flm::aggregate(metric.aggregation, found->second);
    const auto error = flm::aggregate_stderr(metric.aggregation, found->second, 10);
    const std::vector<std::string> clusters(found->second.size());
    if (value) flm::aggregate_interval(metric.aggregation, found->second, clusters, error);
  }
}

void run(const flm::Task& task) {
  std::vector<std::int64_t> ids;
  for (std::int64_t id = 0; id < std::min<std::int64_t>(task.doc_count(), 2); ++id)
    ids.push_back(id);
  Values values;
  for (const flm::TaskItem& item : task.items(ids)) {
    flm::fuzz::require_text(item.error);
    if (!item.error.empty()) continue;
    for (const flm::ItemScore& score : task.score(item, answers_of(item)))
      for (const auto& [metric, numbers] : score.metrics)
        values[score.filter + "\n" + metric].push_back(numbers);
  }
  aggregate_all(task, values);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const flm::TaskIndex index("");
  static const flm::DatasetCatalog catalog("");
  static const Folder folder;
  try {
    flm::TaskOptions options;
    options.tasks = {folder.task_file({reinterpret_cast<const char*>(data), size})};
    for (const auto& task : flm::select_tasks(options, index, catalog).tasks) {
      try {
        if (!task->runs_code()) run(*task);
      } catch (const flm::UserError& error) {
        flm::fuzz::require_text(error.what());
      }
    }
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  } catch (
      const std::filesystem::filesystem_error&) {  // the user's, too: harness/process/exit_code.cc
  }
  return 0;
}
