// Runs in a store, and their reports.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reports/report.h"
#include "reports/store/record_json.h"
#include "tests/temporary_folder.h"

namespace flm {

class ReportTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = Store::open(folder_ / "runs.db");
    run_.id = "2026-11-24T20-30-13-1f2e3d";
    run_.name = "baseline";
    run_.created = "2026-11-24T20:30:13Z";
    run_.status = "done";
    run_.model = "demo/nano";
    run_.weights_hash = "0123456789abcdef0123456789abcdef";
    run_.numerics = "fp32";
  }

  void add_task(const std::string& name, const std::string& alias, int shots, std::int64_t docs,
                std::vector<MetricRecord> metrics) {
    TaskRecord task;
    task.task = name;
    task.alias = alias;
    task.version_json = "1.0";
    task.num_fewshot = shots;
    task.docs_total = task.docs_chosen = docs;
    task.metrics = std::move(metrics);
    store_->put_task(run_.id, tasks_++, task);
  }
  SampleRecord sample(const std::string& task, std::int64_t doc, const std::string& metric,
                      std::vector<double> values) {
    SampleRecord out;
    out.task = task;
    out.doc_id = doc;
    out.filter = "none";
    out.values = {{metric, std::move(values)}};
    return out;
  }
  void put(const SampleRecord& one) { store_->put_sample(run_.id, one); }
  void add_accuracy(const std::string& name, const std::string& alias, int n, int right) {
    add_task(name, alias, 5, n, {{"none", "acc", "mean", true}});
    for (int i = 0; i < n; ++i) put(sample(name, i, "acc", {i < right ? 1.0 : 0.0}));
  }
  Report report(const std::vector<GroupRecord>& groups = {}) {
    run_.groups_json = encode_groups(groups);
    store_->update_run(run_);
    store_->commit();
    Report report = build_report(*store_, run_.id, bootstrap_iterations_);
    EXPECT_THAT(report.store_flag, testing::HasSubstr(" --store /"));
    report.store_flag.clear();  // the store's place is another in each test
    return report;
  }
  /// A run with what the views must show: groups, Chinese, N/A, notes, BPB.
  Report shown() {
    add_accuracy("exam_law", "法律 law", 200, 90);
    add_accuracy("exam_math", "math | algebra", 30, 0);
    add_task("bpb_zh", "中文", 0, 3, {{"none", "bpb@ctx64/stride32/prefix2/doc", "bpb", false}});
    add_task("bpb_en", "English", 0, 3, {{"none", "bpb@ctx64/stride32/prefix2/doc", "bpb", false}});
    for (int i = 0; i < 3; ++i) {
      const double bytes = 1000.0 * (i + 1);
      put(sample("bpb_zh", i, "bpb@ctx64/stride32/prefix2/doc",
                 {bytes * (0.8 + 0.01 * i), bytes, bytes / 4}));
      put(sample("bpb_en", i, "bpb@ctx64/stride32/prefix2/doc",
                 {bytes * (0.6 + 0.02 * i), bytes, bytes / 5}));
    }
    add_task("long", "long", 0, 2, {{"none", "acc", "mean", true}});
    put(sample("long", 0, "acc", {1}));
    SampleRecord flagged = sample("long", 1, "acc", {});
    flagged.status = "over_long";
    flagged.message = "needs 3000 model inputs";
    flagged.values.clear();
    put(flagged);
    GroupRecord exam{"exam",
                     "exam",
                     "\"2\"",
                     {"exam_law", "exam_math"},
                     {"exam_law", "exam_math"},
                     {{"acc", {}, true}}};
    GroupRecord bpb{"bpb", "bpb", "", {"bpb_zh", "bpb_en"}, {"bpb_zh", "bpb_en"}, {}};
    return report({exam, bpb});
  }

  /// A limited run over built-in samples: a suite of a group of 57 subjects and a task alone.
  Report shown_demo() {
    run_.options_json = R"({"settings": {"limit": 4.0}})";
    run_.cost_json =
        R"({"seconds": 12.34, "rows_really_computed": 5000, "tokens_submitted": 9000})";
    GroupRecord exam{"exam", "exam", "", {}, {}, {{"acc", {}, true}}};
    for (int i = 0; i < 57; ++i) {
      const std::string name = "exam_subject_" + std::to_string(i);
      add_sample_task(name, "subject " + std::to_string(i), i == 7 ? 1 : 0);
      exam.children.push_back(name);
    }
    exam.leaves = exam.children;
    add_sample_task("alone", "", 0);
    GroupRecord suite{"suite", "", "", {"exam", "alone"}, exam.leaves, {}};
    suite.leaves.push_back("alone");
    return report({suite, exam});
  }
  void add_sample_task(const std::string& name, const std::string& alias, int over_long) {
    TaskRecord task;
    task.task = name;
    task.alias = alias;
    task.version_json = "1.0";
    task.num_fewshot = 5;
    task.docs_total = 100;
    task.docs_chosen = 4;
    task.builtin_sample = true;
    task.metrics = {{"none", "acc", "mean", true}};
    store_->put_task(run_.id, tasks_++, task);
    for (int i = 0; i < 4; ++i) {
      SampleRecord one = sample(name, i, "acc", {i == 0 ? 1.0 : 0.0});
      if (i < over_long) {
        one.status = "over_long";
        one.message = "needs 3000 model inputs";
        one.values.clear();
      }
      put(one);
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  RunRecord run_;
  int bootstrap_iterations_ = kBootstrapIterations;
  int tasks_ = 0;
};

}  // namespace flm
