// Where results lie: an output folder belongs to one run, and reading makes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "harness/run/run_header.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Outcome run_task(const Scratch& scratch, const std::string& task,
                 const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"run",           "--model",  nano(),    "--tasks", task,
                                    "--num-fewshot", "0",        "--limit", "2",       "--store",
                                    "s.db",          "--output", "out"};
  words.insert(words.end(), more.begin(), more.end());
  return run(scratch, words);
}

TEST(OutputFolder, OfAnotherRunIsRefused) {
  const Scratch scratch;
  ASSERT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  const std::string before = slurp(scratch / "out/results.json");
  const Outcome second = run_task(scratch, "mmlu_virology");
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, HasSubstr("has the files of another run ("));
  EXPECT_THAT(second.err, HasSubstr("--overwrite"));
  EXPECT_EQ(slurp(scratch / "out/results.json"), before);
  EXPECT_FALSE(fs::exists(scratch / "out/samples_mmlu_virology.jsonl"));
}

/// Neither of another's files nor of a place where none can be made; `report` then says that there
/// is no store.
TEST(OutputFolder, ThatIsRefusedLeavesNoStore) {
  const Scratch scratch;
  fs::create_directories(scratch / "out");
  scratch.write("out/notes.txt", "mine\n");
  const Outcome foreign = run_task(scratch, "mmlu_anatomy");
  EXPECT_EQ(foreign.exit_code, 2);
  EXPECT_THAT(foreign.err, HasSubstr("files that are not flmeval's (notes.txt, for one)"));
  EXPECT_FALSE(fs::exists(scratch / "s.db"));
  EXPECT_EQ(run(scratch, {"run", "--model", nano(), "--tasks", "mmlu_anatomy", "--limit", "1",
                          "--store", "s.db", "--output", "/proc/x"})
                .exit_code,
            2);
  EXPECT_FALSE(fs::exists(scratch / "s.db"));
  EXPECT_THAT(run(scratch, {"report", "latest", "--store", "s.db"}).err,
              HasSubstr("no such store"));
}

/// Two runs in one folder at once, before either has written a report.
TEST(OutputFolder, OfARunThatIsComputedIsRefusedUntilItIsGone) {
  const Scratch scratch, beside;
  const pid_t child =
      start(scratch, {"run", "--model", "synthetic:llama-160m", "--tokenizer", nano(), "--tasks",
                      "bpb", "--threads", "1", "--store", "s.db", "--output", "out"});
  for (int i = 0; i < 3000 && !fs::exists(scratch / "out/run.json"); ++i) usleep(20'000);
  const std::vector<std::string> other = {"run",
                                          "--model",
                                          nano(),
                                          "--tasks",
                                          "mmlu_anatomy",
                                          "--limit",
                                          "1",
                                          "--store",
                                          "t.db",
                                          "--output",
                                          (scratch / "out").string()};
  const Outcome second = run(beside, other);
  kill(child, SIGKILL);
  ASSERT_EQ(finish(scratch, child).exit_code, 128 + SIGKILL);
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, HasSubstr("belongs to a run that is computed at the moment ("));
  EXPECT_EQ(run(beside, other).exit_code, 0) << "it ended before it wrote anything";
}

/// The same command again has the same figures.
TEST(OutputFolder, OfTheSameRunBegunAgainIsItsOwn) {
  const Scratch scratch;
  ASSERT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  const Outcome again = run_task(scratch, "mmlu_anatomy", {"--threads", "1"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

TEST(OutputFolder, WithFilesOfTheUsersIsRefused) {
  const Scratch scratch;
  scratch.write("report.md", "my thesis");
  const Outcome outcome = run(scratch, {"run", "--model", nano(), "--tasks", "mmlu_anatomy",
                                        "--limit", "1", "--output", "."});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("has files that are not flmeval's ("));
  EXPECT_EQ(slurp(scratch / "report.md"), "my thesis");
}

TEST(OutputFolder, WrittenOverOnRequestKeepsWhatElseLiesThere) {
  const Scratch scratch;
  ASSERT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  scratch.write("out/samples_mine.jsonl", "{}\n");
  const Outcome second = run_task(scratch, "mmlu_virology", {"--overwrite"});
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr("has the files of another run"));
  EXPECT_TRUE(fs::exists(scratch / "out/samples_mmlu_anatomy.jsonl"));
  EXPECT_TRUE(fs::exists(scratch / "out/samples_mmlu_virology.jsonl"));
  EXPECT_EQ(slurp(scratch / "out/samples_mine.jsonl"), "{}\n");
  // A replay of the folder takes the samples of the run whose results stand there, and no others.
  const auto replay = [&](const std::string& task) {
    return run(scratch, {"run", "--model", "replay:out", "--tasks", task, "--num-fewshot", "0",
                         "--limit", "2", "--store", "r.db", "--output", "r", "--overwrite"});
  };
  EXPECT_EQ(replay("mmlu_virology").exit_code, 0);
  const Outcome other = replay("mmlu_anatomy");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("the replay log lacks mmlu_anatomy document 0; it has the tasks "
                                   "mmlu_virology"));
}

/// Runs are named as the checkpoints that they score, whose folders often stand right here.
TEST(OutputFolder, AFolderThatHoldsNoRunGivesWayToTheRunOfItsName) {
  const Scratch scratch;
  for (const char* name : {"step_100", "step_200"}) {
    Outcome made = run_task(scratch, "mmlu_anatomy", {"--name", name, "--overwrite"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    fs::create_directory(scratch / name);
  }
  std::ofstream(scratch / "step_100/tokenizer.model") << "a checkpoint's";
  fs::remove(scratch / "out/report.html");
  const auto with = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--store", "s.db"});
    return run(scratch, words);
  };
  const Outcome again = with({"run", "--resume", "step_200"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(fs::is_empty(scratch / "step_200"));
  EXPECT_TRUE(fs::exists(scratch / "out/report.html"));
  EXPECT_EQ(with({"watch", "step_100"}).exit_code, 0);
  EXPECT_EQ(with({"report", "step_100"}).exit_code, 0);
  const Outcome compared = with({"compare", "step_100", "step_200"});
  EXPECT_EQ(compared.exit_code, 0) << compared.err;
  const Outcome series = with({"watch", "out/.."});
  EXPECT_EQ(series.exit_code, 2);
  EXPECT_THAT(series.err, HasSubstr("flmeval track --series"));
}

/// A disk that fills up at the end, or what stands in a file's place: the figures are not lost.
TEST(OutputFolder, ThatCannotBeWrittenLeavesARunThatWritesElsewhere) {
  const Scratch scratch;
  fs::create_directories(scratch / "out/report.html/x");
  const Outcome failed = run_task(scratch, "mmlu_anatomy", {"--overwrite"});
  EXPECT_EQ(failed.exit_code, 2);
  EXPECT_THAT(failed.err,
              HasSubstr("cannot write out/report.html: Is a directory; give another path; the "
                        "run is done and stored; write its files elsewhere, nothing is computed; "
                        "go on with: flmeval run --resume "));
  const std::size_t id = failed.err.rfind("--resume ") + 9;
  const std::string command = failed.err.substr(id, failed.err.find('\n', id) - id);
  EXPECT_THAT(command, ::testing::EndsWith("/s.db --output DIR"));
  const std::string run_id = command.substr(0, command.find(' '));
  const Outcome again =
      run(scratch, {"run", "--resume", run_id, "--store", "s.db", "--output", "elsewhere"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(fs::exists(scratch / "elsewhere/report.html"));
  EXPECT_TRUE(fs::exists(scratch / "elsewhere/samples_mmlu_anatomy.jsonl"));
}

/// --output-path is stored with the run: it is that flag that must change.
TEST(OutputFolder, OfLmEvalThatCannotBeWrittenIsNamed) {
  const Scratch scratch;
  fs::create_directory_symlink("/proc/self/fdinfo", scratch / "closed");
  const Outcome failed = run_task(scratch, "mmlu_anatomy", {"--output-path", "closed"});
  EXPECT_EQ(failed.exit_code, 2);
  EXPECT_THAT(failed.err, HasSubstr("the run is done and stored"));
  EXPECT_THAT(failed.err, ::testing::EndsWith(" --output-path DIR\n"));
}

/// A first attempt that failed leaves its mark alone: the second may be another run.
TEST(OutputFolder, WithNothingButAMarkIsFree) {
  const Scratch scratch;
  fs::create_directory(scratch / "out");
  scratch.write("out/run.json", "{\"run\": \"failed\"}");
  EXPECT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
}

TEST(OutputFolder, OneThatIsNotOursIsNoneOfOurs) {
  const Scratch scratch;
  fs::create_directory(scratch / "out");
  scratch.write("out/run.json", "{\"run\": 5}");
  scratch.write("out/results.json", "{}");
  const Outcome outcome = run_task(scratch, "mmlu_anatomy");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("another run (5)"));
}

TEST(OutputFolder, AResumedRunWritesWhereItLiesFromAnywhere) {
  const Scratch scratch, elsewhere;
  ASSERT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  fs::remove(scratch / "out/report.md");
  const Outcome resumed = run(elsewhere, {"run", "--resume", (scratch / "out").string()});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_TRUE(fs::exists(scratch / "out/report.md"));
  EXPECT_FALSE(fs::exists(elsewhere / "out"));
}

TEST(OutputFolder, WhatAKilledProcessLeftHalfWrittenGoes) {
  const Scratch scratch;
  ASSERT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  scratch.write("out/samples_mmlu_anatomy.jsonl.tmp4711", "{");
  scratch.write("out/results.json.tmp4711", "{");
  scratch.write("out/mine.tmp4711", "kept");
  ASSERT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  EXPECT_FALSE(fs::exists(scratch / "out/samples_mmlu_anatomy.jsonl.tmp4711"));
  EXPECT_FALSE(fs::exists(scratch / "out/results.json.tmp4711"));
  EXPECT_TRUE(fs::exists(scratch / "out/mine.tmp4711"));
}

TEST(OutputFolder, WithNothingButAHalfWrittenMarkIsFree) {
  const Scratch scratch;
  fs::create_directory(scratch / "out");
  scratch.write("out/run.json.tmp4711", "{");
  ASSERT_TRUE(fs::exists(scratch / "out/run.json.tmp4711"));
  EXPECT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  EXPECT_FALSE(fs::exists(scratch / "out/run.json.tmp4711"));
}

TEST(OutputFolder, AResumedRunKeepsItsOwn) {
  const Scratch scratch;
  ASSERT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  const Outcome again = run(scratch, {"run", "--resume", "out", "--output", "out"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.err.find("another run"), std::string::npos) << again.err;
  EXPECT_TRUE(fs::exists(scratch / "out/samples_mmlu_anatomy.jsonl"));
}

// A baseline that was copied to another machine: results.json and its samples without their store.
TEST(Report, OfAFolderWithoutItsStoreSaysWhatReadsIt) {
  const Scratch scratch;
  fs::create_directories(scratch / "baseline");
  scratch.write("baseline/results.json", "{}");
  const Outcome alone = run(scratch, {"report", "baseline"});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("flmeval compare and flmeval gate read the folder"));
  scratch.write("baseline/run.json",
                R"({"run": "2026-01-01T00-00-00-abcdef", "store": "gone.db"})");
  EXPECT_THAT(run(scratch, {"report", "baseline"}).err, HasSubstr("its report.md"));
}

TEST(RunHeader, SaysBuiltInSamplesOnlyWhereATaskMayReadThem) {
  const Scratch scratch;
  scratch.write("own.yaml", "task: own\n");
  Options options;
  options.task.tasks = (scratch / "own.yaml").string();
  EXPECT_THAT(asked_line(options), HasSubstr("; data: what the task files name"));
  options.task.tasks += ",gsm8k";
  EXPECT_THAT(asked_line(options), HasSubstr("built-in samples"));
}

TEST(Report, OfAStoreThatIsNotThereMakesNone) {
  const Scratch scratch;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"report", "x", "--store", "typo.db"},
        {"run", "--resume", "x", "--store", "typo.db"}}) {
    const Outcome outcome = run(scratch, words);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("no such store; give --store the file"));
    EXPECT_FALSE(fs::exists(scratch / "typo.db"));
  }
}

}  // namespace
}  // namespace flm::testing
