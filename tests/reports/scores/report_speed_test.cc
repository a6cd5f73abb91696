// A store of 100,000 samples, made here, is reported in seconds.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "reports/report.h"
#include "reports/store/record_json.h"
#include "reports/views/latex.h"
#include "reports/views/markdown.h"
#include "reports/views/terminal.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

constexpr int kTasks = 50, kDocuments = 2000;

TaskRecord task_record(int number) {
  TaskRecord task;
  task.task = task.alias = "task_" + std::to_string(number);
  task.version_json = "1.0";
  task.config_json = "{}";
  task.output_type = "multiple_choice";
  task.docs_total = task.docs_chosen = kDocuments;
  task.metrics = {{"none", "acc", "mean", true}, {"none", "acc_norm", "mean", true}};
  return task;
}

SampleRecord sample_record(const TaskRecord& task, int document) {
  SampleRecord sample;
  sample.task = task.task;
  sample.doc_id = document;
  sample.filter = "none";
  sample.doc_json = "{\"question\": \"" + std::string(300, 'q') + "\"}";
  sample.target = "1";
  sample.arguments_json = "[[\"" + std::string(1500, 'p') + "\", \" A\"]]";
  sample.resps_json = "[[[\"-1.5\", \"True\"]]]";
  sample.filtered_json = "[[\"-1.5\", \"True\"]]";
  sample.doc_hash = sample.prompt_hash = sample.target_hash = std::string(64, 'a');
  sample.cluster = "passage " + std::to_string(document / 4);
  sample.values = {{"acc", {document % 3 == 0 ? 1.0 : 0.0}},
                   {"acc_norm", {document % 7 == 0 ? 1.0 : 0.0}}};
  return sample;
}

void fill(Store& store, const std::string& run) {
  GroupRecord group{"all", "all", "1.0", {}, {}, {{"acc", {}, true}}};
  for (int t = 0; t < kTasks; ++t) {
    const TaskRecord task = task_record(t);
    group.children.push_back(task.task);
    group.leaves.push_back(task.task);
    store.put_task(run, t, task);
    for (int d = 0; d < kDocuments; ++d) store.put_sample(run, sample_record(task, d));
  }
  RunRecord record;
  record.id = run;
  record.created = "2026-11-24T20:30:13Z";
  record.status = "done";
  for (std::string* json :
       {&record.options_json, &record.engine_json, &record.environment_json, &record.cost_json})
    *json = "{}";
  record.groups_json = encode_groups({group});
  store.begin_run(record);
  store.commit();
}

TEST(ReportSpeed, AHundredThousandSamplesInThreeSeconds) {
  const TemporaryFolder folder;
  fill(*Store::open(folder / "runs.db"), "speed");
  const std::clock_t start = std::clock();  // of this process: the machine may be busy
  const auto store = Store::open(folder / "runs.db");
  const Report report = build_report(*store, "speed");
  const std::string text = render_terminal(report, {120, true}) + render_markdown(report);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  if (const char* keep = std::getenv("FLM_KEEP_STORE"))  // to measure `flmeval report` itself
    std::filesystem::copy_file(folder / "runs.db", keep);
  std::printf("report of %d samples: %.2f s\n", kTasks * kDocuments, seconds);
  ASSERT_EQ(report.rows.size(), 1u + kTasks);
  EXPECT_EQ(report.rows[0].n, std::int64_t{kTasks} * kDocuments);
  EXPECT_NE(text.find("task_49"), text.npos);
  EXPECT_LT(seconds, 3);
}

}  // namespace
}  // namespace flm
