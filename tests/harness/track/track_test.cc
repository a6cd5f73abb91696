// `flmeval track` as a user runs it, on the checkpoints of models/nano.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/documents/json.h"
#include "harness/cli/command_line.h"
#include "harness/track/tracker.h"
#include "reports/store/store.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Words = std::vector<std::string>;

const Words kSteps = {"step_00000", "step_00025", "step_00100"};

class Track : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const std::string& step : kSteps) copy(step);
  }
  void copy(const std::string& step) const {
    fs::create_directories(scratch_ / "run");
    fs::copy(nano(step), scratch_ / "run" / step);
  }
  static Words words(const Words& more = {}) {
    Words out = {"track",  "--series", "run/step_*", "--tasks", "bpb_en_arxiv", "--limit", "1",
                 "--name", "nano",     "--store",    "s.db",    "--output",     "out"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  Outcome track(const Words& more = {}) const { return run(scratch_, words(more)); }
  std::unique_ptr<Store> store() const { return Store::open((scratch_ / "s.db").string()); }
  std::vector<PointRecord> points() const { return store()->points("nano"); }
  /// "0 scored, 25 failed"
  std::string states() const {
    std::string out;
    for (const PointRecord& point : points())
      out += (out.empty() ? "" : ", ") + std::to_string(point.step) + " " + point.state;
    return out;
  }
  /// While another process makes the store and writes it.
  std::size_t runs_begun() const {
    if (!fs::exists(scratch_ / "s.db")) return 0;
    try {
      return store()->runs().size();
    } catch (const std::exception&) {
      return 0;
    }
  }
  std::string figures(const std::string& run_name) const {
    const Outcome report =
        run(scratch_, {"report", run_name, "--store", "s.db", "--format", "json"});
    EXPECT_EQ(report.exit_code, 0) << report.err;
    return report.exit_code == 0 ? parse_json(report.out, "report").at("results").dump() : "";
  }

  Scratch scratch_;
};

bool wait_for(const std::function<bool()>& holds) {
  for (int i = 0; i < 6000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST_F(Track, EveryCheckpointIsAStoredRunWithTheFiguresOfRun) {
  const Outcome tracked = track();
  ASSERT_EQ(tracked.exit_code, 0) << tracked.err;
  EXPECT_EQ(states(), "0 scored, 25 scored, 100 scored");
  for (const PointRecord& point : points()) {
    EXPECT_EQ(point.path, (scratch_ / "run" / point.checkpoint).string());
    EXPECT_EQ(point.layout, "hf");
    EXPECT_EQ(store()->find_run("nano@" + std::to_string(point.step)).id, point.run);
    EXPECT_EQ(store()->find_run(point.run).status, "done");
    EXPECT_EQ(store()->find_run(point.run).weights_hash, point.weights_hash);
  }
  EXPECT_EQ(points()[1].tokens, "409600") << "as training.json says";
  EXPECT_EQ(points()[1].tokens_source, "checkpoint");
  const Outcome plain =
      run(scratch_, {"run", "--model", "run/step_00025", "--tasks", "bpb_en_arxiv", "--limit", "1",
                     "--store", "other.db", "--output", "plain"});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(figures("nano@25"),
            read_json_file((scratch_ / "plain/results.json").string()).at("results").dump());
  EXPECT_TRUE(fs::exists(scratch_ / "out/curves.html"));
  EXPECT_THAT(tracked.out, HasSubstr("flmeval compare nano@25 nano@100 --store " +
                                     (scratch_ / "s.db").string()));
  EXPECT_EQ(run(scratch_, {"compare", "nano@25", "nano@100", "--store", "s.db"}).exit_code, 0);
}

// Headers of hundreds of checkpoints on a network's file system are read once.
TEST_F(Track, WhatWasJustSeenIsNotLookedForAgain) {
  const auto path = [&](const std::string& name) { return (scratch_ / name).string(); };
  const Options options =
      parse_command_line({"track", "--series", path("run/step_*"), "--tasks", "bpb_en_arxiv",
                          "--limit", "1", "--name", "nano", "--store", path("s.db")})
          .options;
  SeriesListing seen = list_series(series_flags(options.track.series, options.run.name));
  seen.series.at(0).checkpoints.pop_back();
  SilentProgress progress;
  Tracker tracker(options, progress, seen);
  while (tracker.step()) {
  }
  EXPECT_EQ(states(), "0 scored, 25 scored");
}

/// Its trainer writes it again: first with a configuration that nobody reads, then cut short.
TEST_F(Track, WhatBecomesOfAScoredCheckpointThatIsWrittenAgainIsTold) {
  ASSERT_EQ(track().exit_code, 0);
  const fs::path folder = scratch_ / "run/step_00100", config = folder / "config.json";
  Json changed = read_json_file(config.string());
  changed["model_type"] = "nobodys";
  scratch_.write("run/step_00100/config.json", changed.dump());
  EXPECT_EQ(track().exit_code, 3);
  ASSERT_EQ(states(), "0 scored, 25 scored, 100 failed, 100 scored");
  scratch_.write("policy.yaml",
                 "version: 1\nrules: [{rule: no-rise, task: bpb_en_arxiv, over: 1}]\n");
  const Outcome gate =
      run(scratch_, {"gate", "policy.yaml", "--series", "nano", "--store", "s.db"});
  EXPECT_EQ(gate.exit_code, 3) << gate.err;
  EXPECT_THAT(gate.out, HasSubstr("MISSING"));
  fs::resize_file(folder / "model.safetensors", fs::file_size(folder / "model.safetensors") / 2);
  const Outcome cut = track();
  EXPECT_EQ(cut.exit_code, 3);
  EXPECT_EQ(states(), "0 scored, 25 scored, 100 incomplete, 100 scored") << cut.err;
}

TEST_F(Track, TwoStepsOfASeriesAreComparedAsTwoRunsAre) {
  Words unnamed = words();
  unnamed.erase(std::find(unnamed.begin(), unnamed.end(), "--name"),
                std::find(unnamed.begin(), unnamed.end(), "--store"));
  ASSERT_EQ(run(scratch_, unnamed).exit_code, 0);
  const auto compare = [&](const std::string& a, const std::string& b) {
    return run(scratch_, {"compare", a, b, "--store", "s.db", "--json"});
  };
  const Outcome by_step = compare("run/step_*@25", "run/step_*@00100");
  ASSERT_EQ(by_step.exit_code, 0) << by_step.err;
  const auto tracked = store()->points("");
  const Outcome by_id = compare(tracked.at(1).run, tracked.at(2).run);
  EXPECT_EQ(parse_json(by_step.out, "steps").at("tasks"), parse_json(by_id.out, "ids").at("tasks"));
  const Outcome unknown = compare("run/step_*@25", "run/step_*@99");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("has no scored checkpoint of this step; it has the steps 0, "
                                     "25, 100: run/step_*@99"));
}

TEST_F(Track, WhatIsScoredIsNotScoredAgainAndNewCheckpointsAre) {
  fs::rename(scratch_ / "run/step_00025", scratch_ / "later");
  ASSERT_EQ(track().exit_code, 0);
  const std::string first = points().at(0).run;
  fs::rename(scratch_ / "later", scratch_ / "run/step_00025");  // later, and in between
  const Outcome again = track();
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(states(), "0 scored, 25 scored, 100 scored");
  EXPECT_EQ(points().at(0).run, first);
  EXPECT_EQ(store()->runs().size(), 3u);
  EXPECT_THAT(again.err, Not(HasSubstr("nano step 0")));
  const std::string noted = points().at(0).noted;
  ASSERT_EQ(track({"--threads", "1"}).exit_code, 0) << "the same bits";
  EXPECT_EQ(store()->runs().size(), 3u);
  ASSERT_EQ(track({"--prefix-token", "bos"}).exit_code, 0);
  EXPECT_EQ(store()->runs().size(), 6u) << "another question";
}

TEST_F(Track, AFailedCheckpointIsDataAndTheOthersAreScored) {
  fs::copy_file(scratch_ / "run/step_00100/model.safetensors", scratch_ / "whole");
  fs::resize_file(scratch_ / "run/step_00100/model.safetensors", 700'000);  // cut short
  std::string weights = slurp(scratch_ / "run/step_00025/model.safetensors");
  weights.replace(weights.size() - 2, 2, "\xff\x7f");  // a NaN
  scratch_.write("run/step_00025/model.safetensors", weights);
  const Outcome tracked = track();
  EXPECT_EQ(tracked.exit_code, 3) << tracked.err;
  EXPECT_EQ(states(), "0 scored, 25 failed, 100 incomplete");
  EXPECT_THAT(points().at(1).reason, HasSubstr("NaN"));
  EXPECT_EQ(points().at(1).tries, 1);
  EXPECT_THAT(points().at(2).reason, HasSubstr("model.safetensors"));
  EXPECT_THAT(tracked.err, HasSubstr("\n  nano step 25 (step_00025): failed\n"));
  EXPECT_EQ(store()->runs().size(), 1u) << "nothing half stands in the store";
  fs::rename(scratch_ / "whole", scratch_ / "run/step_00100/model.safetensors");
  EXPECT_EQ(track().exit_code, 3);
  EXPECT_EQ(states(), "0 scored, 25 failed, 100 scored");
  EXPECT_EQ(points().at(1).tries, 2);
  fs::remove_all(scratch_ / "run/step_00025");
  EXPECT_EQ(track().exit_code, 0);
  EXPECT_EQ(states(), "0 scored, 25 deleted, 100 scored");
}

// Trainers keep the last few checkpoints, whoever scores them.
TEST_F(Track, OneThatIsDeletedWhileAnotherIsScoredIsNoFault) {
  const auto path = [&](const std::string& name) { return (scratch_ / name).string(); };
  const auto tracker_of = [&](Progress& progress) {
    const Options options =
        parse_command_line({"track", "--series", path("run/step_*"), "--tasks", "bpb_en_arxiv",
                            "--limit", "1", "--name", "nano", "--store", path("s.db")})
            .options;
    return std::make_unique<Tracker>(options, progress);
  };
  SilentProgress progress;
  const auto tracker = tracker_of(progress);
  fs::remove_all(scratch_ / "run/step_00025");
  fs::remove(scratch_ / "run/step_00100/model.safetensors");  // not yet all of it
  while (tracker->step()) {
  }
  EXPECT_EQ(states(), "0 scored, 25 deleted, 100 deleted");
  EXPECT_EQ(points().at(1).reason, "deleted before it was scored");
  EXPECT_THAT(tracker->unscored(), ElementsAre());
}

TEST_F(Track, OneThatIsWrittenWhileItIsScoredIsThrownAway) {
  const pid_t child = start(scratch_, words({"--memory", "0.02"}));  // streamed: read all the time
  ASSERT_TRUE(wait_for([&] { return runs_begun() == 3; }));
  fs::last_write_time(scratch_ / "run/step_00100/config.json", fs::file_time_type::clock::now());
  const Outcome tracked = finish(scratch_, child);
  if (tracked.exit_code == 0) GTEST_SKIP() << "skipped: it was scored before it was written";
  EXPECT_EQ(states(), "0 scored, 25 scored, 100 changed");
  EXPECT_EQ(store()->runs().size(), 2u);
}

TEST_F(Track, ItGoesOnWhereItWasInterrupted) {
  const auto tracked = [&](const std::string& store) {
    Words out = {"track",  "--series", "run/step_*", "--tasks", "bpb",      "--limit", "1",
                 "--name", "nano",     "--store",    store,     "--output", "out"};
    return out;
  };
  ASSERT_EQ(run(scratch_, tracked("quiet.db")).exit_code, 0);
  const pid_t child = start(scratch_, tracked("s.db"));
  ASSERT_TRUE(wait_for([&] { return runs_begun() == 2; }));
  kill(child, SIGTERM);
  const Outcome stopped = finish(scratch_, child);
  if (stopped.exit_code == 0) GTEST_SKIP() << "skipped: it ended before the signal";
  EXPECT_EQ(stopped.exit_code, 3);
  const std::string mark = "interrupted; go on with: flmeval ";
  ASSERT_THAT(stopped.err, HasSubstr(mark));
  EXPECT_THAT(stopped.err, HasSubstr("flmeval track --series 'run/step_*'"));
  const Outcome again = run(scratch_, tracked("s.db"));
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(states(), "0 scored, 25 scored, 100 scored");
  EXPECT_EQ(store()->runs().size(), 3u) << "the interrupted run went on";
  const auto quiet = Store::open((scratch_ / "quiet.db").string());
  for (const PointRecord& point : points())
    for (const SampleRecord& sample : store()->sample_values(point.run, "bpb_en_arxiv")) {
      const auto same = quiet->sample_values(
          quiet->find_run("nano@" + std::to_string(point.step)).id, "bpb_en_arxiv");
      EXPECT_EQ(sample.values, same.at(static_cast<std::size_t>(sample.doc_id)).values);
    }
}

/// A disk that fills up, or what stands in a file's place: nothing is scored twice for it.
TEST_F(Track, CurvesThatCannotBeWrittenAreWrittenElsewhere) {
  fs::create_directories(scratch_ / "out/curves.html/x");
  const Outcome failed = track();
  EXPECT_EQ(failed.exit_code, 2);
  EXPECT_THAT(
      failed.err,
      HasSubstr("curves.html: Is a directory; give another path; what was scored is stored, "
                "and the same command with another --output DIR writes the curves"));
  EXPECT_EQ(states(), "0 scored, 25 scored, 100 scored");
  Words elsewhere = words();
  elsewhere.back() = "elsewhere";
  const std::size_t runs = runs_begun();
  EXPECT_EQ(run(scratch_, elsewhere).exit_code, 0);
  EXPECT_EQ(runs_begun(), runs);
  EXPECT_TRUE(fs::exists(scratch_ / "elsewhere/curves.html"));
}

/// A folder that somebody put under the name of an earlier file of events cannot be replaced.
TEST_F(Track, EventsThatCannotBeWrittenAreWrittenElsewhere) {
  fs::create_directories(scratch_ / "events/nano/events.out.tfevents.1.flmeval/x");
  Words with_events = words();
  with_events.insert(with_events.begin() + 1, {"--tensorboard", "events"});
  const Outcome failed = run(scratch_, with_events);
  EXPECT_EQ(failed.exit_code, 2);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("Directory not empty"),
                                HasSubstr("; what was scored is stored, and the same command with "
                                          "another --tensorboard DIR writes the curves")));
}

TEST_F(Track, EqualWeightsAtTwoStepsAreTwoRuns) {
  fs::remove_all(scratch_ / "run/step_00100");
  fs::copy(scratch_ / "run/step_00025", scratch_ / "run/step_00030");
  fs::remove(scratch_ / "run/step_00030/training.json");
  ASSERT_EQ(track().exit_code, 0);
  const auto found = points();
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[1].weights_hash, found[2].weights_hash);
  EXPECT_NE(found[1].run, found[2].run);
}

TEST_F(Track, AnotherTokenizerIsPlannedAnewAndToldOf) {
  Json config = read_json_file((scratch_ / "run/step_00025/tokenizer_config.json").string());
  config["add_bos_token"] = true;
  scratch_.write("run/step_00025/tokenizer_config.json", config.dump());
  const Outcome tracked = track();
  EXPECT_EQ(tracked.exit_code, 0) << tracked.err;
  EXPECT_THAT(tracked.err, HasSubstr("planned anew: " + (scratch_ / "run/step_00025").string()));
  const auto protocol = [&](const char* name) { return store()->find_run(name).protocol_hash; };
  EXPECT_NE(protocol("nano@0"), protocol("nano@25"));
  EXPECT_EQ(protocol("nano@0"), protocol("nano@100"));
}

TEST_F(Track, WhatIsStoredIsShownWhenTheCheckpointsAreGone) {
  const Outcome first = track();
  fs::remove_all(scratch_ / "run");
  const Outcome again = track();
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, first.out);
  EXPECT_THAT(again.err, HasSubstr("only what is stored is there"));
}

TEST_F(Track, WhatTheUserGotWrongIsToldBeforeTheWork) {
  const auto expect = [&](const Words& call, const std::string& says) {
    const Outcome outcome = run(scratch_, call);
    EXPECT_EQ(outcome.exit_code, 2) << says;
    EXPECT_THAT(outcome.err, HasSubstr(says));
    EXPECT_FALSE(fs::exists(scratch_ / "s.db") && !store()->runs().empty()) << says;
  };
  expect(words({"run/step_00025"}), "put a glob in quotes, as --series 'run/step_*'");
  expect(words({"--series", "nowhere_*"}), "--series matches nothing: nowhere_*");
  expect({"track", "--tasks", "bpb"}, "--series");
  expect(words({"--until", "5"}), "--watch");
  expect(words({"--watch", "--until", "soon"}), "--until wants");
  expect(words({"--log", "no.log"}), "no.log");
  expect({"track", "--series", "run", "--tasks", "no_such_task", "--store", "s.db"},
         "no_such_task");
  expect({"track", "--series", "run", "--store", "s.db"}, "--tasks is required");
}

}  // namespace
}  // namespace flm::testing
