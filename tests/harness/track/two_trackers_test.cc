// Two calls of `flmeval track` over one series and one store: they share the checkpoints.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "base/errors.h"
#include "reports/store/sqlite.h"
#include "reports/store/store.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class TwoTrackers : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* step : {"step_00000", "step_00025", "step_00100"}) {
      fs::create_directories(first_ / "run");
      fs::copy(nano(step), first_ / "run" / step);
    }
  }
  /// Both over the first one's files; each has a folder, for what it prints, of its own.
  pid_t start_in(const Scratch& place, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"track",    "--series",     (first_ / "run/step_*").string(),
                                      "--tasks",  "bpb_en_arxiv", "--name",
                                      "nano",     "--store",      path_of_store(),
                                      "--output", "out"};
    words.insert(words.end(), more.begin(), more.end());
    return start(place, words);
  }
  std::string path_of_store() const { return (first_ / "s.db").string(); }
  std::unique_ptr<Store> store() const { return Store::open_to_read(path_of_store()); }

  /// Tasks of the runs so far, where one is computed and nobody is in the middle of writing; else
  /// 0.
  int tasks_begun() const {
    try {
      SqliteDatabase database(path_of_store(), 0, SqliteAccess::kWrite);
      if (!database.try_begin()) return 0;
      const bool beats = database.value("SELECT count(*) FROM heartbeats") == "1";
      const int tasks = std::stoi(database.value("SELECT count(*) FROM tasks"));
      database.roll_back();
      return beats ? tasks : 0;
    } catch (const UserError&) {  // no table yet
      return 0;
    }
  }
  /// Stops the process while it scores the first checkpoint. False where it was too quick.
  bool hold_in_first_checkpoint(pid_t process) const {
    for (int i = 0; i < 20'000; ++i) {
      const int begun = fs::exists(path_of_store()) ? tasks_begun() : 0;
      if (begun > 1) return false;
      if (begun == 1) {
        kill(process, SIGSTOP);
        if (tasks_begun() == 1) return store()->runs().front().status == "running";
        kill(process, SIGCONT);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  /// The first tracker, held in the first checkpoint; -1 where it was too quick each time.
  pid_t start_and_hold() const {
    for (int time = 0; time < 20; ++time) {
      const pid_t process = start_in(first_);
      if (hold_in_first_checkpoint(process)) return process;
      kill(process, SIGKILL);
      finish(first_, process);
      for (const char* name : {"s.db", "s.db-wal", "s.db-shm", "out"})
        fs::remove_all(first_ / name);
    }
    return -1;
  }
  bool is_said(const Scratch& place, const std::string& text) const {
    for (int i = 0; i < 12'000; ++i) {
      if (slurp(place / "stderr").find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  void expect_each_scored_once() const {
    EXPECT_EQ(store()->runs().size(), 3u);
    for (const RunRecord& run : store()->runs()) EXPECT_EQ(run.status, "done") << run.name;
    std::string states;
    for (const PointRecord& point : store()->points("nano"))
      states += std::to_string(point.step) + " " + point.state + "; ";
    EXPECT_EQ(states, "0 scored; 25 scored; 100 scored; ");
  }

  Scratch first_, second_;
};

const char* const kWaits = "waits for what another process scores: nano step 0 (step_00000)";

TEST_F(TwoTrackers, TheSecondScoresTheOthersAndWaitsForTheFirstOnes) {
  const pid_t a = start_and_hold();
  ASSERT_GT(a, 0);
  const pid_t b = start_in(second_);
  EXPECT_TRUE(is_said(second_, kWaits)) << slurp(second_ / "stderr");
  kill(a, SIGCONT);
  const Outcome first = finish(first_, a), second = finish(second_, b);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(second.exit_code, 0) << second.err;
  expect_each_scored_once();
  EXPECT_THAT(second.err, HasSubstr("nano step 0 (step_00000): scored elsewhere"));
  EXPECT_THAT(second.err, Not(HasSubstr("not scored")));
  EXPECT_EQ(slurp(first_ / "out/curves.html"), slurp(second_ / "out/curves.html"));
}

TEST_F(TwoTrackers, WhatAKilledOneHasBegunIsGoneOnWith) {
  const pid_t a = start_and_hold();
  ASSERT_GT(a, 0);
  const pid_t b = start_in(second_);
  EXPECT_TRUE(is_said(second_, kWaits)) << slurp(second_ / "stderr");
  kill(a, SIGKILL);
  finish(first_, a);
  const Outcome second = finish(second_, b);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  expect_each_scored_once();
}

TEST_F(TwoTrackers, AWatchingOneEndsWhenTheOtherOnesCheckpointIsScored) {
  const pid_t a = start_and_hold();
  ASSERT_GT(a, 0);
  const pid_t b = start_in(second_, {"--watch", "--settle", "0.1", "--until", "100"});
  EXPECT_TRUE(is_said(second_, "nano step 100 (step_00100): scored")) << slurp(second_ / "stderr");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(waitpid(b, nullptr, WNOHANG), 0) << "step 0 is not scored yet";
  kill(a, SIGCONT);
  EXPECT_EQ(finish(first_, a).exit_code, 0);
  const Outcome second = finish(second_, b);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  expect_each_scored_once();
}

TEST_F(TwoTrackers, AtOneMomentTheyShare) {
  const pid_t a = start_in(first_), b = start_in(second_);
  const Outcome first = finish(first_, a), second = finish(second_, b);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(second.exit_code, 0) << second.err;
  expect_each_scored_once();
}

}  // namespace
}  // namespace flm::testing
