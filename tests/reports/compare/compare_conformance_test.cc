// The recorded pairs of runs with one difference (shared/conformance/compare).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "reports/compare/compare_runs.h"
#include "reports/compare/logs/load_results.h"

namespace flm {
namespace {

constexpr double kTolerance = 1e-9;

const ComparisonRow* find_row(const Comparison& comparison, const std::string& task) {
  for (const ComparisonRow& row : comparison.contrasts.at(0).rows)
    if (row.name == task) return &row;
  return nullptr;
}

const MetricComparison* find_metric(const ComparisonRow& row, const std::string& key) {
  for (const MetricComparison& metric : row.metrics)
    if (metric.metric + "," + metric.filter == key) return &metric;
  return nullptr;
}

bool accepted(const Json& wanted, const std::optional<ProtocolDifference>& got) {
  return got && std::find(wanted["accept"].begin(), wanted["accept"].end(), got->name) !=
                    wanted["accept"].end();
}

void check_metric(const Json& wanted, const MetricComparison& got) {
  if (wanted.contains("verdict")) {
    EXPECT_EQ(name_of(got.verdict), wanted["verdict"]);
    EXPECT_TRUE(accepted(wanted, got.first_difference));
    return;
  }
  EXPECT_EQ(got.n, wanted["n"]);
  EXPECT_NEAR(*got.a, wanted["a"].get<double>(), kTolerance);
  EXPECT_NEAR(*got.b, wanted["b"].get<double>(), kTolerance);
  EXPECT_NEAR(*got.difference, wanted["difference"].get<double>(), kTolerance);
  if (wanted.contains("newcombe")) {
    EXPECT_NEAR(*got.low, wanted["newcombe"][0].get<double>(), kTolerance);
    EXPECT_NEAR(*got.high, wanted["newcombe"][1].get<double>(), kTolerance);
    EXPECT_NEAR(*got.p, wanted["p_mid"].get<double>(), kTolerance);
    EXPECT_EQ(*got.only_a, wanted["only_a"]);
    EXPECT_EQ(*got.only_b, wanted["only_b"]);
  }
  if (wanted.contains("se")) {
    EXPECT_NEAR(*got.stderr_value, wanted["se"].get<double>(), kTolerance);
  }
}

void check_task(const Json& wanted, const ComparisonRow& got, const Comparison& comparison) {
  EXPECT_EQ(name_of(got.verdict), wanted["verdict"]);
  if (wanted.contains("accept")) {
    EXPECT_TRUE(accepted(wanted, got.first_difference)) << wanted["accept"];
  }
  if (wanted.contains("a")) {
    EXPECT_EQ(got.first_difference->a, wanted["a"].dump());
    EXPECT_EQ(got.first_difference->b, wanted["b"].dump());
  }
  if (wanted["verdict"] == "partly") {
    EXPECT_EQ(got.items_in_common, wanted["items_in_common"]);
    EXPECT_EQ(got.only_in[0], wanted["only_in_a"]);
    EXPECT_EQ(got.only_in[1], wanted["only_in_b"]);
  }
  if (wanted.contains("notes") && !wanted["notes"].empty()) {
    EXPECT_FALSE(got.notes.empty() && comparison.notes.empty()) << wanted["notes"];
  }
  if (!wanted.contains("metrics")) return;
  for (const auto& [key, metric] : wanted["metrics"].items()) {
    SCOPED_TRACE(key);
    const MetricComparison* found = find_metric(got, key);
    ASSERT_TRUE(found);
    check_metric(metric, *found);
  }
}

TEST(CompareConformance, EveryRecordedPair) {
  const std::filesystem::path folder =
      std::filesystem::path(FLM_SHARED_DIR) / "conformance/compare";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "the recorded pairs are not here: " << folder;
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!std::filesystem::exists(entry.path() / "expected.json")) continue;
    SCOPED_TRACE(entry.path().filename().string());
    const Json wanted = read_json_file(entry.path() / "expected.json");
    std::vector<LoggedRun> runs;
    for (const char* side : {"a", "b"})
      runs.push_back(load_results(find_results(entry.path() / side).at(0)));
    const Comparison comparison = compare_runs(std::move(runs));
    EXPECT_EQ(comparison.anything_compared(), wanted["exit"] == 0);
    for (const auto& [task, expected] : wanted["tasks"].items()) {
      SCOPED_TRACE(task);
      const ComparisonRow* row = find_row(comparison, task);
      ASSERT_TRUE(row);
      check_task(expected, *row, comparison);
    }
    ++cases;
  }
  EXPECT_GE(cases, 14);
}

}  // namespace
}  // namespace flm
