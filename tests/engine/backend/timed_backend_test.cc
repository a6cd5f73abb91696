// The decorator that measures operations changes none, forgets none and counts right.
#include "engine/backend/timed_backend.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <regex>

#include "base/errors.h"
#include "base/system/clock.h"
#include "base/system/files.h"
#include "engine/cpu/cpu_backend.h"
#include "tests/engine/backend/backend_operations.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

OperationTime find(const OperationTimes& times, const std::string& name) {
  for (const OperationTime& one : times.operations)
    if (one.name == name) return one;
  ADD_FAILURE() << "no operation " << name;
  return {};
}

TEST(TimedBackend, OperationsHaveTheSameBits) {
  for (const bool bf16 : {false, true}) {
    const auto plain = make_cpu_backend(2, "", bf16);
    const auto timed =
        make_timed_backend(make_cpu_backend(2, "", bf16), std::make_shared<OperationLog>());
    EXPECT_EQ(BackendOperations(*timed).run(), BackendOperations(*plain).run());
  }
}

/// Names of the functions of the class that `declares` marks.
std::vector<std::string> functions_of(const std::string& path, const std::string& class_line,
                                      const std::regex& declares) {
  std::string text = read_file(std::string(FLM_SOURCE_DIR) + "/" + path);
  text = text.substr(text.find(class_line));
  text = text.substr(0, text.find("\n};"));
  std::vector<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), declares), end; at != end; ++at)
    names.push_back((*at)[1]);
  std::sort(names.begin(), names.end());
  return names;
}

/// A virtual function that is added to Backend and not to the decorator would be Backend's own.
TEST(TimedBackend, EveryVirtualFunctionIsForwarded) {
  const auto virtuals = functions_of("engine/backend/backend.h", "class Backend {",
                                     std::regex(R"(\n  virtual [^~(]*?(\w+)\()"));
  const auto forwarded = functions_of(
      "engine/backend/timed_backend.cc", "class TimedBackend ",
      std::regex(
          R"(\n  [\w:<>*, ]*?(\w+)\([^()]*(?:\(\)[^()]*)*\) const(?: noexcept)? override \{)"));
  EXPECT_GT(virtuals.size(), 30u);
  EXPECT_EQ(forwarded, virtuals);
}

TEST(TimedBackend, CountsCallsBytesAndOperations) {
  const auto log = std::make_shared<OperationLog>();
  const auto backend = make_timed_backend(make_cpu_backend(1, ""), log);
  const double start = monotonic_seconds();
  BackendOperations(*backend).run();
  const double wall = monotonic_seconds() - start;
  const OperationTimes times = log->times();
  // 5 rows, 24 outputs of 16 inputs, fp32: a, weight, c.
  const OperationTime norm = find(times, "product 24 x 16 (norm), few rows");
  EXPECT_EQ(norm.calls, 1);
  EXPECT_EQ(norm.flops, 2 * 5 * 24 * 16);
  EXPECT_EQ(norm.bytes, 4 * (5 * 16 + 24 * 16 + 5 * 24));
  EXPECT_EQ(find(times, "product 24 x 16 (silu_mul, add), few rows").bytes,
            4 * (5 * 32 + 24 * 16 + 2 * 5 * 24));
  EXPECT_EQ(find(times, "product 24 x 16 (bias), few rows").calls, 1);
  // Rows of a path meet 1 + 2 + 3 + 4 + 5 keys; two heads of 16, a product with keys and one with
  // values. Five slots of one key head.
  const OperationTime attention = find(times, "attention, few rows");
  EXPECT_EQ(attention.flops, 2 * 2 * 15 * 2 * 16);
  EXPECT_EQ(attention.bytes, 4 * (2 * 5 * 32 + 2 * 5 * 16));
  EXPECT_EQ(find(times, "copy_kv, few rows").bytes, 4 * 2 * 2 * (63 + 7) * 16);
  EXPECT_EQ(find(times, "add_residual, few rows").calls, 1 + 3);
  EXPECT_EQ(find(times, "softmax_stats, few rows").bytes, 4 * 5 * 40);
  EXPECT_TRUE(find(times, "pack (host, beside)").beside);
  EXPECT_EQ(find(times, "pack (host, beside)").bytes, 4 * 24 * 16);
  EXPECT_GT(times.seconds(), 0);
  EXPECT_LE(times.seconds(), wall);
  EXPECT_EQ(times.plain_steps, 0) << "nothing is replayed in the host's memory";
}

TEST(TimedBackend, AnOperationThatFailsLeavesTheOthersRight) {
  const auto log = std::make_shared<OperationLog>();
  const auto backend = make_timed_backend(make_cpu_backend(1, ""), log);
  EXPECT_THROW(backend->sample(nullptr, 1, {}, nullptr), InternalError);
  BackendOperations(*backend).run();
  for (const OperationTime& one : log->times().operations)
    EXPECT_EQ(one.name.find("sample"), std::string::npos);
  EXPECT_EQ(find(log->times(), "attention, few rows").calls, 1);
}

std::unique_ptr<Engine> timed_engine(bool time_operations, int ranks) {
  static SilentProgress silent;
  EngineOptions options;
  options.model = "synthetic:tiny";
  options.threads = 2;
  options.tensor_parallel = ranks;
  options.time_operations = time_operations;
  return Engine::open(options, silent);
}

TEST(TimedBackend, AnEnginesResultsAreTheSame) {
  for (const int ranks : {1, 2}) {
    const auto plain = timed_engine(false, ranks), timed = timed_engine(true, ranks);
    const std::vector<ScoreRequest> requests = {{random_ids(40, 100, 1), 1, 2},
                                                {random_ids(9, 100, 2), 3, 0}};
    const auto expected = score_all(*plain, requests), found = score_all(*timed, requests);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ(found[i].logprobs, expected[i].logprobs);
      EXPECT_EQ(found[i].argmax, expected[i].argmax);
      EXPECT_EQ(found[i].top, expected[i].top);
    }
    EXPECT_THAT(plain->operation_times().operations, IsEmpty());
    EXPECT_THAT(plain->operation_times().batches, IsEmpty());
    const OperationTimes times = timed->operation_times();
    ASSERT_EQ(times.batches.size(), 1u);
    EXPECT_EQ(times.batches[0].rows, timed->counters().rows_computed);
    EXPECT_EQ(times.batches[0].seconds, timed->counters().seconds);
    EXPECT_LE(times.seconds(), times.batches[0].seconds);
    EXPECT_EQ(find(times, "attention, few rows").calls, timed->info().layers)
        << "of the first rank alone";
  }
}

TEST(TimedBackend, TheTableHasTheLongestFirst) {
  OperationLog log;
  log.add("attention", 0.25, 5e8, 1e12);
  log.add("product 48 x 16 (norm)", 0.5, 1e9, 3e14);
  log.add("product 48 x 16 (norm)", 0.25, 1e9, 3e14);
  log.add("pack (host, beside)", 2, 8e9, 0, true);
  log.add("begin", 0, 0, 0);
  log.add_plain_step();
  OperationTimes times = log.times();
  times.batches = {{4096, 0.75}, {12, 0.5}};
  EXPECT_THAT(
      table_of(times),
      ElementsAre("batch 1: 4096 rows in 0.750 s", "batch 2: 12 rows in 0.500 s",
                  "operation                calls          ms      GB/s   TFLOP/s     share",
                  "product 48 x 16 (norm)       2     750.000      2.67    800.00     75.0%",
                  "attention                    1     250.000      2.00      4.00     25.0%",
                  "begin                        1       0.000         -         -      0.0%",
                  "pack (host, beside)          1    2000.000      4.00         -         -",
                  "steps run kernel by kernel that are replayed as graphs when untimed: 1"));
}

}  // namespace
}  // namespace flm::test
