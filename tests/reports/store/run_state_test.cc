// What is said of a run that may or may not be computed still.
#include "reports/store/run_state.h"

#include <gtest/gtest.h>

#include <ctime>

#include "base/system/process.h"

namespace flm {
namespace {

RunRecord running(const std::string& process) {
  RunRecord run;
  run.status = "running";
  run.environment_json = "{\"process\":\"" + process + "\"}";
  return run;
}

/// A sign of life of `seconds` ago.
HeartbeatRecord sign(int seconds) {
  const std::time_t then = std::time(nullptr) - seconds;
  std::tm parts{};
  gmtime_r(&then, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {"run", text, "scoring tokens", 1, 2};
}

/// This process with another start: gone.
std::string gone() { return this_process() + "9"; }
const char* const kElsewhere = "node7 machine boot pid:[1] 12 34";

TEST(RunState, OneThatIsAliveSaysWhenItGaveASign) {
  const RunRecord run = running(this_process());
  EXPECT_EQ(run_state_text(run, std::nullopt), "running");
  EXPECT_TRUE(run_state_text(run, sign(9)).starts_with("running, last sign of life "));
  EXPECT_EQ(computing_process(run, sign(4000)), this_process()) << "it is there, if silent";
}

TEST(RunState, OneThatIsGoneSaysSinceWhen) {
  EXPECT_EQ(run_state_text(running(gone()), std::nullopt), "stopped: its process is gone");
  EXPECT_EQ(run_state_text(running(gone()), sign(310)),
            "stopped: its process has been gone for 5 minutes");
  EXPECT_EQ(run_state(running(gone())), "interrupted");
  EXPECT_EQ(computing_process(running(gone()), sign(1)), "");
}

TEST(RunState, OneElsewhereIsJudgedByItsSigns) {
  const RunRecord run = running(kElsewhere);
  EXPECT_EQ(computing_process(run, sign(20)), kElsewhere) << "not to be taken over";
  EXPECT_EQ(computing_process(run, sign(static_cast<int>(kSilentSeconds) + 5)), "");
  EXPECT_EQ(computing_process(run, std::nullopt), "") << "older programs gave none";
  EXPECT_EQ(run_state_text(run, sign(7300)), "stopped, it seems: last sign of life 2 hours ago");
}

}  // namespace
}  // namespace flm
