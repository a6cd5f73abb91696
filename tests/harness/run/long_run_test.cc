// A long run as people meet it: the header at once, signals that are answered at once, signs of
// life, and another shell that looks on.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <thread>

#include "reports/store/store.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using Clock = std::chrono::steady_clock;

/// Generations in several waves, for some seconds.
std::vector<std::string> long_run(std::vector<std::string> more = {}) {
  std::vector<std::string> words = {
      "run",     "--model",  nano(),      "--tasks", "gsm8k",        "--num-fewshot",    "0",
      "--limit", "40",       "--threads", "1",       "--gen-kwargs", "max_gen_toks=200", "--store",
      "s.db",    "--output", "a"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

bool wait_for(const std::function<bool()>& holds) {
  for (int i = 0; i < 3000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

std::vector<RunRecord> stored_runs(const Scratch& scratch) {
  if (!std::filesystem::exists(scratch / "s.db")) return {};
  try {
    return Store::open_to_read((scratch / "s.db").string())->runs();
  } catch (const std::exception&) {
    return {};  // the file is being made
  }
}

bool says(const Scratch& scratch, const std::string& text) {
  return slurp(scratch / "stderr").find(text) != std::string::npos;
}

/// Starts it and waits until it says how to watch it: from then on a signal is answered.
pid_t start_computing(const Scratch& scratch, const std::vector<std::string>& words) {
  const pid_t child = start(scratch, words);
  EXPECT_TRUE(wait_for([&] { return says(scratch, "flmeval watch "); }));
  return child;
}

TEST(LongRun, TheHeaderIsThereBeforeTheFirstResult) {
  Scratch scratch;
  const pid_t child = start_computing(scratch, long_run());
  EXPECT_TRUE(says(scratch, "on gsm8k; data: built-in samples")) << slurp(scratch / "stderr");
  EXPECT_TRUE(says(scratch, "cpu fp32, 1 thread  weights ")) << slurp(scratch / "stderr");
  EXPECT_TRUE(says(scratch, " tokens to compute of ")) << slurp(scratch / "stderr");
  const std::vector<RunRecord> runs = stored_runs(scratch);
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_TRUE(says(scratch, "run " + runs[0].id));
  kill(child, SIGKILL);
  finish(scratch, child);
}

TEST(LongRun, EachSignalIsAnsweredAtOnceAndCommits) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Scratch scratch;
    const pid_t child = start_computing(scratch, long_run());
    kill(child, signal);
    const bool answered = wait_for([&] { return says(scratch, "flmeval: stopping within 30 s"); });
    const Outcome outcome = finish(scratch, child);
    if (outcome.exit_code == 0) GTEST_SKIP() << "skipped: the run ended before the signal";
    EXPECT_TRUE(answered) << outcome.err;
    EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
    EXPECT_NE(outcome.err.find("go on with: flmeval run --resume "), std::string::npos)
        << outcome.err;
    EXPECT_EQ(stored_runs(scratch).at(0).status, "interrupted");
  }
}

TEST(LongRun, BeforeAnythingIsComputedASignalEndsItAtOnce) {
  Scratch scratch;
  const pid_t child = start(scratch, long_run());
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  kill(child, SIGTERM);
  const Outcome outcome = finish(scratch, child);
  if (!stored_runs(scratch).empty()) GTEST_SKIP() << "skipped: it had begun before the signal";
  EXPECT_EQ(outcome.exit_code, 128 + SIGTERM);
  if (outcome.err.empty()) GTEST_SKIP() << "skipped: the signal came before the handler";
  EXPECT_NE(outcome.err.find("stopped before anything was computed"), std::string::npos)
      << outcome.err;
}

TEST(LongRun, AnIgnoredHangupStaysIgnored) {
  Scratch scratch;
  signal(SIGHUP, SIG_IGN);  // as nohup does
  const pid_t child = start_computing(scratch, long_run({"--limit", "12"}));
  signal(SIGHUP, SIG_DFL);
  kill(child, SIGHUP);
  const Outcome outcome = finish(scratch, child);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST(LongRun, TheGraceIsKeptWhateverIsInFlight) {
  Scratch scratch;  // one batch of scoring that takes long: the alarm or the cut ends it
  const pid_t child = start_computing(
      scratch, {"run", "--model", nano(), "--tasks", "mmlu", "--num-fewshot", "0", "--threads", "1",
                "--verify", "1", "--store", "s.db", "--output", "a", "--grace", "1"});
  kill(child, SIGTERM);
  const auto begin = Clock::now();
  const Outcome outcome = finish(scratch, child);
  if (outcome.exit_code == 0) GTEST_SKIP() << "skipped: the run ended before the signal";
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_LT(std::chrono::duration<double>(Clock::now() - begin).count(), 6)
      << "1 s, and a busy machine";
  EXPECT_NE(outcome.err.find("go on with: flmeval run --resume "), std::string::npos)
      << outcome.err;
  EXPECT_EQ(run(scratch, {"run", "--resume", stored_runs(scratch).at(0).id, "--store", "s.db",
                          "--verify", "0"})
                .exit_code,
            0);
}

TEST(LongRun, WatchFollowsItAndEndsWithTheReport) {
  Scratch scratch, beside;
  const pid_t child = start_computing(scratch, long_run());
  const std::string store = (scratch / "s.db").string();
  const pid_t watching = start(beside, {"watch", "--store", store});
  EXPECT_TRUE(wait_for([&] { return says(beside, ": running, last sign of life "); }))
      << slurp(beside / "stderr");
  const Outcome computed = finish(scratch, child);
  const Outcome watched = finish(beside, watching);
  EXPECT_EQ(computed.exit_code, 0) << computed.err;
  EXPECT_EQ(watched.exit_code, 0) << watched.err;
  EXPECT_NE(watched.out.find("gsm8k"), std::string::npos) << watched.out;
  EXPECT_NE(watched.out.find(": done"), std::string::npos) << watched.out;
}

TEST(LongRun, AKilledOneIsToldWithTheTimeSinceItsLastSign) {
  Scratch scratch, beside;
  const pid_t child = start_computing(scratch, long_run());
  kill(child, SIGKILL);
  if (finish(scratch, child).exit_code != 128 + SIGKILL)
    GTEST_SKIP() << "skipped: the run ended before the signal";
  const Outcome watched = run(beside, {"watch", "--store", (scratch / "s.db").string()});
  EXPECT_EQ(watched.exit_code, 3) << watched.err;
  EXPECT_NE(unwrapped(watched.out).find("(stopped: its process has been gone for "),
            std::string::npos)
      << watched.out;
}

TEST(LongRun, WatchSaysWhatLooksAtATraining) {
  Scratch scratch;
  const Outcome outcome = run(scratch, {"watch", std::string(FLM_SOURCE_DIR) + "/models/nano"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("flmeval track --series "), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace flm::testing
