// Roots as trainers leave them, tracked: the figures are those that float64 arithmetic gives.
#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;

/// shared/conformance/training-runs, or another run of the same form; "" where there is none.
std::string training_runs() {
  const char* other = std::getenv("FLM_TRAINING_RUNS");
  const std::string folder =
      other ? other : std::string(FLM_SHARED_DIR) + "/conformance/training-runs";
  return fs::is_directory(folder) ? folder : "";
}

struct Root {
  const char* series;
  const char* config;
  std::vector<int> steps;
};

class TrackedTrainers : public ::testing::TestWithParam<Root> {};

TEST_P(TrackedTrainers, FiguresOfEveryStepAreTheReferences) {
  const std::string runs = training_runs();
  if (runs.empty()) GTEST_SKIP() << "skipped: no " << FLM_SHARED_DIR;
  const Root& root = GetParam();
  Scratch scratch;
  const Outcome tracked =
      run(scratch, {"track", "--series", runs + "/" + root.series, "--model-config",
                    runs + "/" + root.config, "--tasks", "bpb", "--data", runs + "/heldout",
                    "--prefix-token", "2", "--bpb-context", "256", "--name", "micro", "--quiet"});
  ASSERT_EQ(tracked.exit_code, 0) << tracked.err;
  const Json reference = read_json_file(runs + "/heldout/reference.json").at("steps");
  for (const int step : root.steps) {
    const std::string name = std::to_string(step);
    const Outcome report = run(scratch, {"report", "micro@" + name, "--format", "json"});
    ASSERT_EQ(report.exit_code, 0) << report.err;
    const Json results = parse_json(report.out, "report").at("results");
    for (const char* domain : {"prose", "notes"}) {
      const double expected = reference.at(name).at(domain).at("bpb").get<double>();
      const Json& task = results.at(std::string("bpb_en_") + domain);
      double found = 0;
      for (const auto& [key, value] : task.items())
        if (key.starts_with("bpb@") && key.find("stderr") == std::string::npos)
          found = value.get<double>();
      EXPECT_NEAR(found, expected, 1e-6 * expected) << domain << " at step " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, TrackedTrainers,
    ::testing::Values(Root{"hf/step_*", "hf/step_000040", {0, 20, 40, 60, 80, 100, 120}},
                      Root{"megatron/torch-micro-tp2-pp2", "hf/step_000040", {40, 80, 120}},
                      Root{"megatron/dist-micro-tp2-pp2", "hf/step_000040", {40, 120}},
                      Root{"dcp/micro-fsdp2", "hf/step_000040", {40, 120}},
                      Root{"deepspeed/micro-zero3-2rank", "hf/step_000040", {120}}));

}  // namespace
}  // namespace flm::testing
