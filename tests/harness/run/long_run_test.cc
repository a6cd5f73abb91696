// A long run as people meet it: the header at once, signals that are answered at once, signs of
// life, and another shell that looks on.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/documents/json.h"
#include "reports/store/store.h"
#include "tests/harness/program.h"
#include "tests/harness/wait_for.h"

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

/// One batch, which is finished within the grace unless the machine is very busy.
TEST(LongRun, AStopThatLeftNothingOutIsNoInterruption) {
  Scratch scratch;
  const pid_t child = start_computing(
      scratch, {"run", "--model", nano(), "--tasks", "bpb", "--store", "s.db", "--output", "a"});
  kill(child, SIGTERM);
  const Outcome outcome = finish(scratch, child);
  if (outcome.exit_code == 128 + SIGTERM)
    GTEST_SKIP() << "skipped: the signal came before anything was computed";
  const bool done = outcome.exit_code == 0;
  EXPECT_EQ(stored_runs(scratch).at(0).status, done ? "done" : "interrupted");
  EXPECT_EQ(outcome.err.find("interrupted after ") == std::string::npos, done) << outcome.err;
  EXPECT_EQ(outcome.err.find("interrupted after 48 of 48"), std::string::npos) << outcome.err;
}

/// After so long; false where that was too early for the handler or too late for the run's begin.
bool ends_before_it_begins(std::chrono::milliseconds after) {
  Scratch scratch;
  const pid_t child = start(scratch, long_run());
  std::this_thread::sleep_for(after);
  kill(child, SIGTERM);
  const Outcome outcome = finish(scratch, child);
  if (!stored_runs(scratch).empty()) return false;
  EXPECT_EQ(outcome.exit_code, 128 + SIGTERM);
  if (outcome.err.empty()) return false;
  EXPECT_NE(outcome.err.find("stopped before anything was computed"), std::string::npos)
      << outcome.err;
  return true;
}

TEST(LongRun, BeforeAnythingIsComputedASignalEndsItAtOnce) {
  for (const int after : {60, 30, 15, 45, 25, 20, 35, 10, 80})
    if (ends_before_it_begins(std::chrono::milliseconds(after))) return;
  GTEST_SKIP() << "skipped: the signal never came between the handler and the run's begin";
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

/// One batch that takes minutes: no signal can come too late, and what ends within seconds was cut.
std::vector<std::string> long_batch(const std::string& grace) {
  return {"run",      "--model", "synthetic:llama-160m",
          "--tasks",  "bpb",     "--threads",
          "1",        "--store", "s.db",
          "--output", "a",       "--tokenizer",
          nano(),     "--grace", grace};
}

/// Waits until the batch is on its way: its first sign of progress, or its header and a second.
pid_t start_long_batch(const Scratch& scratch, const std::string& grace) {
  const pid_t child = start_computing(scratch, long_batch(grace));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  return child;
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

constexpr double kBusy = 30;  // seconds that a busy machine may take for what takes none

TEST(LongRun, ALongBatchIsCutWithinTheGrace) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Scratch scratch;
    const pid_t child = start_long_batch(scratch, "20");
    kill(child, signal);
    const auto begin = Clock::now();
    const Outcome outcome = finish(scratch, child);
    EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
    EXPECT_LT(seconds_since(begin), 3 + kBusy);
    EXPECT_NE(outcome.err.find("flmeval: stopping within 20 s (--grace)"), std::string::npos)
        << outcome.err;
    EXPECT_NE(outcome.err.find("go on with: flmeval run --resume "), std::string::npos)
        << outcome.err;
    EXPECT_EQ(stored_runs(scratch).at(0).status, "interrupted") << "cut, not ended by the alarm";
  }
}

TEST(LongRun, ASecondSignalEndsItAtOnce) {
  Scratch scratch;
  const pid_t child = start_long_batch(scratch, "100000");  // the batch would be finished
  kill(child, SIGTERM);
  EXPECT_TRUE(wait_for([&] { return says(scratch, "flmeval: stopping within 100000 s"); }));
  kill(child, SIGTERM);
  const auto begin = Clock::now();
  EXPECT_EQ(finish(scratch, child).exit_code, 128 + SIGTERM);
  EXPECT_LT(seconds_since(begin), kBusy);
}

std::size_t items_in(const Scratch& scratch) {
  const std::vector<RunRecord> runs = stored_runs(scratch);
  if (runs.empty()) return 0;
  return Store::open_to_read((scratch / "s.db").string())
      ->sample_values(runs[0].id, "gsm8k")
      .size();
}

/// Generations in waves of few items: the last is far off when the first is stored.
std::vector<std::string> waves(int items) {
  return long_run({"--limit", std::to_string(items), "--memory", "0.02"});
}

/// Stopped once some items were stored and others were not, whatever the machine's speed: where it
/// was done already, more are asked for. How many; 0: never.
int stop_midway(const Scratch& scratch) {
  for (int items = 20; items <= 160; items *= 2) {
    std::filesystem::remove(scratch / "s.db");
    const pid_t child = start(scratch, waves(items));
    const bool stored = wait_for([&] { return items_in(scratch) > 0; });
    kill(child, SIGTERM);
    if (finish(scratch, child).exit_code == 3 && stored) return items;
    std::filesystem::remove_all(scratch / "a");
  }
  return 0;
}

/// Stopped and resumed: the figures and samples of a run that nobody stopped, bit by bit, and what
/// was stored is not computed again.
TEST(LongRun, WhatWasComputedIsKeptAndTheRestGivesTheSameBits) {
  Scratch whole, stopped;
  const int items = stop_midway(stopped);
  ASSERT_GT(items, 0) << "each run ended before its signal";
  const std::size_t kept = items_in(stopped);
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, static_cast<std::size_t>(2 * items)) << "two filters an item";
  const Outcome resumed =
      run(stopped, {"run", "--resume", stored_runs(stopped).at(0).id, "--store", "s.db"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("resuming: "), std::string::npos) << resumed.err;
  ASSERT_EQ(run(whole, waves(items)).exit_code, 0);
  const std::string samples = slurp(whole / "a/samples_gsm8k.jsonl");
  EXPECT_FALSE(samples.empty());
  EXPECT_EQ(slurp(stopped / "a/samples_gsm8k.jsonl"), samples);
  const auto results = [](const Scratch& scratch) {
    return read_json_file((scratch / "a/results.json").string()).at("results");
  };
  EXPECT_EQ(results(stopped), results(whole));
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
