// Prompts and exact_match of documents whose text, target, prefix or filtered answer is no plain
// text, as lm-evaluation-harness 0.4.13 has them (make_target_goldens.py).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tasks/task.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

class TargetGolden : public ::testing::Test {
 protected:
  void write_rows(const char* name, const Json& rows) {
    std::ofstream out(folder_ / name);
    for (const Json& row : rows) out << row.dump() << "\n";
  }

  std::shared_ptr<const Task> task_of(const Json& one) {
    write_rows("test.jsonl", one["rows"]);
    write_rows("train.jsonl", one["shots"]);
    Json config = one["config"];
    config["task"] = "t";
    config["dataset_path"] = "json";
    config["test_split"] = "test";
    config["dataset_kwargs"] = {{"data_files", {{"test", "test.jsonl"}, {"train", "train.jsonl"}}}};
    std::ofstream(folder_ / "t.yaml") << config.dump();  // JSON is YAML
    TaskOptions options;
    options.tasks = {(folder_ / "t.yaml").string()};
    return load_tasks(options).tasks.at(0);
  }

  static void expect_prompts(const TaskItem& item, const Json& expected) {
    ASSERT_EQ(item.error, "");
    ASSERT_EQ(item.requests.size(), expected.size());
    for (std::size_t r = 0; r < expected.size(); ++r) {
      EXPECT_EQ(item.requests[r].context, expected[r][0]);
      const Json& continuation = expected[r][1];  // null: nothing follows, a text is generated
      EXPECT_EQ(item.requests[r].continuation, continuation.is_null() ? "" : continuation);
    }
  }

  static void expect_value(const Task& task, const TaskItem& item, const Json& texts,
                           const Json& expected) {
    RequestAnswer answer;
    for (const Json& text : texts) answer.texts.push_back(text);
    const ItemScore score = task.score(item, std::vector{answer}).at(0);
    const double value = score.metrics.at(0).second.at(0);
    if (expected.is_null()) {
      EXPECT_TRUE(std::isnan(value)) << value;
    } else {
      EXPECT_NEAR(value, expected.get<double>(), 1e-15) << score.filtered_json;
    }
  }

  const TemporaryFolder made_;
  const fs::path folder_ = made_.path();
};

TEST_F(TargetGolden, PromptsAndValuesAreTheHarnesss) {
  const char* other = std::getenv("FLM_TARGET_GOLDEN");  // another file of the generator
  const fs::path here = FLM_SOURCE_DIR "/tests/tasks/items/target_golden.json";
  const Json cases = read_json_file(other ? fs::path(other) : here);
  std::int64_t compared = 0;
  for (const Json& one : cases) {
    SCOPED_TRACE(one.dump());
    const auto harness_fails = [](const Json& result) { return result.is_object(); };
    const Json& results = one["results"];
    if (std::all_of(results.begin(), results.end(), harness_fails)) continue;
    const auto task = task_of(one);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (harness_fails(results[i])) continue;
      const TaskItem item =
          task->items(std::vector<std::int64_t>{static_cast<std::int64_t>(i)}).at(0);
      if (one["answers"].is_null()) {
        expect_prompts(item, results[i]);
      } else {
        expect_value(*task, item, one["answers"][i], results[i]);
      }
      ++compared;
    }
  }
  EXPECT_GT(compared, 150);
}

}  // namespace
}  // namespace flm
