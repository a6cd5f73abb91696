// A disk that fails in the middle of a log has not come to its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/training_logs/event_records.h"
#include "reports/training_logs/event_writer.h"
#include "tests/base/system/failing_bytes.h"
#include "tests/error_of.h"
#include "tests/reports/training_logs/log_text.h"

namespace flm {
namespace {

using testing::StartsWith;

/// What is said of a log of which so many bytes can be read.
std::string fault_of(const std::string& log, std::size_t readable) {
  FailingBytes disk(log.substr(0, readable));
  std::istream bytes(&disk);
  LogNames names("");
  return error_of([&] { read_log_stream(bytes, "log", names); });
}

void expect_fault_everywhere(const std::string& log) {
  for (const std::size_t part : {0, 1, 50, 99})
    EXPECT_THAT(fault_of(log, log.size() * part / 100),
                StartsWith("cannot read log: Input/output error"))
        << part << " %";
}

constexpr int kSteps = 40000;  // more than a buffer of any reader

TEST(FailingDisk, OfJsonLines) {
  std::string log;
  for (int i = 0; i < kSteps; ++i) log += "{\"step\": " + std::to_string(i) + ", \"loss\": 2.5}\n";
  ASSERT_EQ(steps_of(log_of({log}).live).size(), kSteps);
  expect_fault_everywhere(log);
}

TEST(FailingDisk, OfATable) {
  std::string log = "step,loss\n";
  for (int i = 0; i < kSteps; ++i) log += std::to_string(i) + ",2.5\n";
  expect_fault_everywhere(log);
}

TEST(FailingDisk, OfAnEventFile) {
  std::vector<ScalarEvent> events;
  for (int i = 0; i < kSteps; ++i) events.push_back({"loss", i, 1700000000.5, 2.5});
  expect_fault_everywhere(event_file(events));
}

}  // namespace
}  // namespace flm
