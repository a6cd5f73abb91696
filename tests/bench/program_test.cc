// flmeval bench as a user calls it.
#include "tests/harness/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "base/system/files.h"
#include "bench/results/result_file.h"

namespace flm::bench {
namespace {

using flm::testing::Outcome;
using flm::testing::run;
using flm::testing::Scratch;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string result(const std::string& cpu, double microseconds) {
  std::string json = "{\"context\": {\"cpu\": \"" + cpu + "\"}, \"benchmarks\": [";
  for (int i = 0; i < 10; ++i)
    json +=
        std::string(i ? ", " : "") +
        "{\"name\": \"a\", \"run_type\": \"iteration\", \"time_unit\": \"us\", \"real_time\": " +
        std::to_string(microseconds + 0.001 * i) + "}";
  return json + "]}";
}

TEST(BenchProgram, WhatCannotBePrintedIsAnError) {
  const Scratch scratch;
  const std::string call =
      std::string(FLM_PROGRAM) + " bench list > /dev/full 2> " + (scratch / "error").string();
  EXPECT_EQ(WEXITSTATUS(std::system(call.c_str())), 2);
  EXPECT_THAT(flm::testing::slurp(scratch / "error"), HasSubstr("cannot write to stdout"));
}

TEST(BenchProgram, HandsOverAndLists) {
  const Scratch scratch;
  const Outcome list = run(scratch, {"bench", "list", "--filter", "^gemm_o/smollm2", "--json"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("gemm_o/smollm2-135m/cpu/fp32/T:1/cold/threads:1"));
  EXPECT_EQ(list.err, "");
  const Outcome help = run(scratch, {"bench", "compare", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("flmeval bench compare old.json new.json"));
}

TEST(BenchProgram, UsersErrorsAreTwo) {
  const Scratch scratch;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"bench", "run", "--filter", "("},
        {"bench", "run", "--filter", "no such row"},
        {"bench", "run", "--dtype", "fp8"},
        {"bench", "run", "--inject-slowdown", "x"},
        {"bench", "run", "--output", "/dev/null/x", "--filter", "^rmsnorm/.*T:1/"},
        {"bench", "run", "--out", "missing/x.json", "--filter", "^rmsnorm/.*T:1/"},
        {"bench", "compare", "missing.json", "missing.json"},
        {"bench", "sing"}}) {
    const Outcome outcome = run(scratch, words);
    EXPECT_EQ(outcome.exit_code, 2) << words[2] << outcome.err;
    EXPECT_THAT(outcome.err, StartsWith("flmeval bench: "));
  }
  EXPECT_THAT(run(scratch, {"bench", "rn"}).err, HasSubstr("did you mean run?: rn"));
}

/// Two rows of a minute each, stopped when the estimate, the line ahead of the first, is there.
Outcome stopped_run(const Scratch& scratch) {
  std::filesystem::remove(scratch / "stderr");  // an earlier attempt's estimate is not this one's
  const pid_t child = flm::testing::start(
      scratch, {"bench", "run", "--full", "--filter", "^rmsnorm/smollm2.*T:(1|64)/hot/threads:1$",
                "--out", "half.json", "--json", "--half-width", "1e-9", "--samples", "6",
                "--max-seconds", "2", "--repetitions", "30"});
  const auto measures = [&] {
    return flm::testing::slurp(scratch / "stderr").find("on a quiet machine") != std::string::npos;
  };
  for (int i = 0; i < 3000 && !measures(); ++i) usleep(20000);
  kill(child, SIGTERM);
  return flm::testing::finish(scratch, child);
}

/// Where the first row had not begun, nothing is kept, and that is said: the next attempt counts.
TEST(BenchProgram, AStopKeepsWhatWasMeasured) {
  const Scratch scratch;
  Outcome outcome = stopped_run(scratch);
  const auto too_early = [&] {
    return outcome.err.find("stopped before a row was measured; nothing is kept\n") !=
           std::string::npos;
  };
  for (int attempt = 0; attempt < 20 && too_early(); ++attempt) {
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_FALSE(std::filesystem::exists(scratch / "half.json"));
    outcome = stopped_run(scratch);
  }
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("flmeval bench: stopping behind what is measured now; once "
                                     "more: at once\n"));
  EXPECT_THAT(outcome.err, HasSubstr("flmeval bench: stopped; what was measured is kept\n"));
  const ResultFile kept = read_results((scratch / "half.json").string());
  EXPECT_THAT(kept.context.at("stopped"), HasSubstr(" of 60 repetitions were not begun"));
  EXPECT_FALSE(kept.rows.empty());
  EXPECT_EQ(kept.rows.size(), parse_results(outcome.out, "stdout").rows.size());
  EXPECT_EQ(run(scratch, {"bench", "compare", "half.json", "half.json", "--quiet"}).exit_code, 0);
}

TEST(BenchProgram, OperationsAreTimedOnRequest) {
  const Scratch scratch;
  const Outcome outcome =
      run(scratch, {"bench", "run", "--filter", "^rmsnorm/smollm2.*T:64/hot/threads:1$", "--full",
                    "--max-seconds", "0.2", "--json", "--time-operations"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("\nrms_norm "));
}

TEST(BenchProgram, RunWritesJsonAndReport) {
  const Scratch scratch;
  const Outcome outcome =
      run(scratch, {"bench", "run", "--filter", "^rmsnorm/smollm2.*T:64/hot/threads:1$", "--full",
                    "--max-seconds", "0.2", "--json", "--quiet", "--output", "report"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const ResultFile results = parse_results(outcome.out, "stdout");
  ASSERT_EQ(results.rows.size(), 1u);
  EXPECT_EQ(results.rows[0].seconds.size(), 1u);
  EXPECT_GT(stored_ceilings(results).at("fma_fp32/threads:1"), 1e9);
  EXPECT_GT(results.rows[0].counters.at("pct_roof"), 0);
  EXPECT_THAT(read_file((scratch / "report/report.md").string()), HasSubstr("| rmsnorm/smollm2"));
  EXPECT_THAT(read_file((scratch / "report/roofline.svg").string()), StartsWith("<svg"));
  EXPECT_EQ(read_results((scratch / "report/results.json").string()).rows.size(), 1u);
  EXPECT_EQ(read_results((scratch / "report").string()).rows.size(), 1u);  // the folder, too
}

TEST(BenchProgram, CompareExitCodes) {
  const Scratch scratch;
  scratch.write("old.json", result("x", 10));
  scratch.write("same.json", result("x", 10.01));
  scratch.write("slow.json", result("x", 10.6));
  scratch.write("other.json", result("y", 10));
  const auto compared = [&](const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"bench", "compare", "old.json", name};
    words.insert(words.end(), more.begin(), more.end());
    return run(scratch, words);
  };
  EXPECT_EQ(compared("same.json").exit_code, 0);
  const Outcome slow = compared("slow.json", {"--json", "--output", "report"});
  EXPECT_EQ(slow.exit_code, 1);
  EXPECT_THAT(slow.out, HasSubstr("\"SLOW\""));
  EXPECT_THAT(read_file((scratch / "report/compare.md").string()), HasSubstr("SLOW"));
  const Outcome other = compared("other.json");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("--force"));
  EXPECT_EQ(compared("other.json", {"--force"}).exit_code, 0);
  scratch.write("few.json",
                "{\"context\": {\"cpu\": \"x\"}, \"benchmarks\": [{\"name\": \"a\", \"run_type\": "
                "\"iteration\", \"time_unit\": \"us\", \"real_time\": 10}]}");
  EXPECT_EQ(compared("few.json").exit_code, 0);  // AMBIGUOUS
  const Outcome strict = compared("few.json", {"--strict"});
  EXPECT_EQ(strict.exit_code, 1);
  EXPECT_THAT(strict.err, HasSubstr("prove nothing"));
  EXPECT_EQ(compared("same.json", {"--strict"}).exit_code, 0);
}

/// What the flags choose is what is compared, of files as of programs.
TEST(BenchProgram, CompareOfFilesObeysItsFlags) {
  const Scratch scratch;
  const auto file_of = [](double gemm, double norm) {
    std::string rows;
    for (const auto& [name, time] : {std::pair{"gemm/m/cpu/fp32/T:1/hot/threads:1", gemm},
                                     {"norm/m/cpu/bf16w/T:1/hot/threads:2", norm}})
      for (int i = 0; i < 10; ++i)
        rows += std::string(rows.empty() ? "" : ", ") + R"({"name": ")" + name +
                R"(", "run_type": "iteration", "time_unit": "us", "real_time": )" +
                std::to_string(time + 0.001 * i) + "}";
    return R"({"context": {"cpu": "x"}, "benchmarks": [)" + rows + "]}";
  };
  scratch.write("old.json", file_of(10, 20));
  scratch.write("new.json", file_of(15, 20));
  const auto compared = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"bench", "compare", "old.json", "new.json"};
    words.insert(words.end(), more.begin(), more.end());
    return run(scratch, words);
  };
  EXPECT_EQ(compared({}).exit_code, 1);
  for (const std::vector<std::string>& norm : {std::vector<std::string>{"--filter", "^norm"},
                                               {"--dtype", "bf16w"},
                                               {"--threads", "all"}}) {
    const Outcome outcome = compared(norm);
    EXPECT_EQ(outcome.exit_code, 0) << norm[0] << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("over 1 matched rows")) << norm[0];
  }
  EXPECT_EQ(compared({"--threads", "1"}).exit_code, 1);
  const Outcome none = compared({"--filter", "rope"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("neither file has a row for --filter 'rope'"));
  const Outcome again = compared({"--rounds", "3"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("leave it out: --rounds"));
}

TEST(BenchProgram, SlowdownsAreFiniteAndOfAnExpression) {
  const Scratch scratch;
  for (const char* slowdown : {"launch=inf", "launch=nan", "launch=", "launch=-1", "launch=1001",
                               "launch=0x1", "launch= 5", "(=5"}) {
    const Outcome outcome = run(scratch, {"bench", "run", "--filter", "no such row", "--quiet",
                                          "--inject-slowdown", slowdown});
    EXPECT_EQ(outcome.exit_code, 2) << slowdown;
    EXPECT_THAT(outcome.err, StartsWith("flmeval bench: --inject-slowdown ")) << slowdown;
  }
}

TEST(BenchProgram, WhatTheFileSystemRefusesIsTheUsersError) {
  const std::string name(300, 'x');  // ENAMETOOLONG
  const Outcome outcome = run(Scratch(), {"bench", "compare", name, name});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, StartsWith("flmeval bench: the file system says File name too long; "));
}

/// Loads of the machine as /proc/loadavg has them; ten times that agree.
std::string result_under(const std::string& load, double microseconds) {
  std::string json = result("x", microseconds);
  return json.insert(json.find("\"cpu\""),
                     "\"cores\": \"2\", \"load_average_at_start\": \"" + load + "\", ");
}

TEST(BenchProgram, FilesOfABusyMachineAccuseNobodyAndSaySo) {
  const Scratch scratch;
  scratch.write("old.json", result_under("0.10 1 1 1/99 7", 10));
  scratch.write("quiet.json", result_under("0.20 1 1 1/99 7", 15));
  scratch.write("busy.json", result_under("13.04 1 1 1/99 7", 15));
  EXPECT_EQ(run(scratch, {"bench", "compare", "old.json", "quiet.json"}).exit_code, 1);
  for (const std::vector<std::string>& sides :
       {std::vector<std::string>{"old.json", "busy.json"}, {"busy.json", "old.json"}}) {
    const Outcome busy =
        run(scratch, {"bench", "compare", sides[0], sides[1], "--quiet", "--output", "report"});
    EXPECT_EQ(busy.exit_code, 0) << busy.out;
    EXPECT_THAT(busy.out, StartsWith("busy.json: BUSY MACHINE: load average 13.0 on 2 cores"));
    EXPECT_THAT(busy.out, HasSubstr("1 AMBIGUOUS"));
    EXPECT_EQ(busy.err, "");
    for (const char* file : {"report/compare.md", "report/compare.json"})
      EXPECT_THAT(read_file((scratch / file).string()), HasSubstr("busy.json: BUSY MACHINE"));
  }
  EXPECT_EQ(run(scratch, {"bench", "compare", "old.json", "busy.json", "--strict"}).exit_code, 1);
}

TEST(BenchProgram, FilesWithNothingInCommonAreTheUsersError) {
  const Scratch scratch;
  scratch.write("old.json", result("x", 10));
  scratch.write("none.json", R"({"context": {"cpu": "x"}, "benchmarks": []})");
  const Outcome outcome = run(scratch, {"bench", "compare", "old.json", "none.json"});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("no row is in both"));
  EXPECT_EQ(outcome.out, "");
}

/// File systems of other makers set it for every file.
TEST(BenchProgram, AResultFileWithTheBitOfExecutionIsAResultFile) {
  const Scratch scratch;
  scratch.write("old.json", result("x", 10));
  scratch.write("new.json", "\n" + result("x", 10));
  std::filesystem::permissions(scratch / "new.json", std::filesystem::perms::all);
  EXPECT_EQ(run(scratch, {"bench", "compare", "old.json", "new.json"}).exit_code, 0);
  EXPECT_EQ(run(scratch, {"bench", "compare", "new.json", "new.json"}).exit_code, 0);
}

TEST(BenchProgram, CeilingsOfAnotherMachineAreRefused) {
  const Scratch scratch;
  const auto run_with = [&](const std::string& facts) {
    scratch.write("known.json", "{\"context\": {" + facts +
                                    R"("ceiling/fma_fp32/threads:1": "1e15"}, "benchmarks": []})");
    return run(scratch, {"bench", "run", "--filter", "^rmsnorm/smollm2.*T:1/hot/threads:1$",
                         "--full", "--max-seconds", "0.1", "--quiet", "--ceilings", "known.json"});
  };
  const Outcome other = run_with(R"("cpu": "nobody's", )");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("--ceilings are those of another machine (cpu: nobody's | "));
  EXPECT_EQ(run_with("").exit_code, 0);  // what scripts write: ceilings alone
}

/// Of two programs that note what they are given, and hand over times that were made before.
TEST(BenchProgram, NumbersReachTheProgramsAsTheyWereTyped) {
  const Scratch scratch;
  scratch.write("times.json", result("x", 10));
  const std::string program = scratch
                                  .write("bench-stand-in", R"(#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/words"
while [ "$1" != --out ]; do shift; done
cp "$here/times.json" "$2"
)")
                                  .string();
  std::filesystem::permissions(program, std::filesystem::perms::all);
  const Outcome outcome = run(scratch, {"bench", "compare", program, program, "--half-width",
                                        "0.0000014", "--warm-up", "0.1", "--rounds", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(flm::testing::slurp(scratch / "words"),
              ::testing::AllOf(HasSubstr(" --half-width 1.4e-06 "), HasSubstr(" --warm-up 0.1")));
}

TEST(BenchProgram, AWordAloneIsToldHowRowsAreChosen) {
  const Outcome outcome = run(Scratch(), {"bench", "list", "gemm_o"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err, "flmeval bench: rows are chosen by --filter (typed: gemm_o)\n");
}

}  // namespace
}  // namespace flm::bench
