// Tasks with generated code from the command line, on the built-in HumanEval problems.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/documents/json.h"
#include "tasks/sandbox/sandbox.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(parse_json(line, "line"));
  return lines;
}

/// A replay log: the reference solution of every problem, but for `wrong` ones an endless loop, a
/// wrong value and a system call in turn.
std::string replay_log(const Scratch& scratch, std::size_t wrong) {
  const Outcome shown = run(scratch, {"show", "--tasks", "humaneval", "--limit", "6", "--json"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  const std::vector<Json> solutions =
      lines_of(slurp(std::string(FLM_SOURCE_DIR) + "/datasets/samples/humaneval/HumanEval.jsonl"));
  std::string log;
  const std::vector<Json> requests = lines_of(shown.out);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto doc = requests[i]["doc_id"].get<std::size_t>();
    std::string response = solutions.at(doc)["canonical_solution"].get<std::string>();
    if (i < wrong) {
      const char* bad[] = {"    while True: pass\n", "    return None\n",
                           "    import os; os.fork()\n"};
      response = bad[i % 3];
    }
    log += Json{{"task", "humaneval"},
                {"doc_id", doc},
                {"prompt_hash", requests[i]["prompt_hash"]},
                {"resps", Json::array({response})}}
               .dump() +
           "\n";
  }
  return scratch.write("log.jsonl", log).string();
}

std::vector<std::string> run_words(const std::string& log, std::vector<std::string> more) {
  std::vector<std::string> words = {"run",     "--model", "replay:" + log, "--tasks", "humaneval",
                                    "--limit", "6",       "--quiet",       "--fresh"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Json figures(const Scratch& scratch, const std::string& folder) {
  return read_json_file((scratch / folder).string() + "/results.json")["results"]["humaneval"];
}

class CodeRun : public ::testing::Test {
 protected:
  void SetUp() override {
    const SandboxStatus status = Sandbox::examine();
    if (!status.isolates) GTEST_SKIP() << "skipped: no isolation here: " << status.problem;
  }
  Scratch scratch;
};

TEST_F(CodeRun, VerdictsStandInTheSamples) {
  const std::string log = replay_log(scratch, 3);
  const Outcome outcome = run(scratch, run_words(log, {"--output", "out", "--name", "code"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(figures(scratch, "out")["pass@1,create_test"], 0.5);
  std::vector<std::string> verdicts;
  for (const auto& entry : std::filesystem::directory_iterator(scratch / "out")) {
    if (!entry.path().filename().string().starts_with("samples_humaneval")) continue;
    for (const Json& line : lines_of(slurp(entry.path())))
      verdicts.push_back(line["verdicts"][0]["verdict"].get<std::string>());
  }
  EXPECT_EQ(verdicts,
            (std::vector<std::string>{"timeout", "wrong", "forbidden", "pass", "pass", "pass"}));
  const Outcome shown =
      run(scratch, {"show", "--tasks", "humaneval", "--doc", "2", "--run", "code", "--json"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  const Json result = lines_of(shown.out).at(0)["results"].at(0);
  EXPECT_EQ(result["values"]["pass@1"], Json::array({0.0}));
  EXPECT_EQ(result["verdicts"][0]["verdict"], "forbidden");
}

TEST_F(CodeRun, ExportedProgramsGetTheirVerdictsElsewhere) {
  const std::string log = replay_log(scratch, 2);
  const Outcome exported = run(
      scratch, run_words(log, {"--output", "none", "--store", "a.db", "--export-code", "p.jsonl"}));
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_FALSE(figures(scratch, "none")["pass@1,create_test"].is_number());
  const Outcome judged = run(scratch, {"judge", "p.jsonl"});
  ASSERT_EQ(judged.exit_code, 0) << judged.err;
  EXPECT_EQ(lines_of(judged.out).size(), 6u);
  scratch.write("v.jsonl", judged.out);
  const Outcome scored =
      run(scratch,
          run_words(log, {"--output", "out", "--store", "b.db", "--code-verdicts", "v.jsonl"}));
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_EQ(figures(scratch, "out")["pass@1,create_test"], 4.0 / 6);
}

/// Nothing that cannot be read is taken for no programs.
TEST(Judge, SaysWhatItCannotRead) {
  Scratch scratch;
  std::filesystem::create_directory(scratch / "folder");
  for (const std::string path : {"folder", "/proc/self/mem", "missing.jsonl"}) {
    const Outcome outcome = run(scratch, {"judge", path});
    EXPECT_EQ(outcome.exit_code, 2) << path;
    EXPECT_NE(outcome.err.find("cannot read " + path + ": "), std::string::npos) << outcome.err;
  }
}

TEST_F(CodeRun, DoctorRunsAProgram) {
  const Outcome outcome = run(scratch, {"doctor", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json sandbox = parse_json(outcome.out, "doctor")["sandbox"];
  EXPECT_EQ(sandbox["works"], true);
  EXPECT_FALSE(sandbox.contains("missing"));
}

/// lm-evaluation-harness's --predict_only: the answers are logged, the one figure is bypass = 999.
TEST(PredictOnly, LogsAnswersWithoutRunningThem) {
  Scratch scratch;
  const std::string log = replay_log(scratch, 3);
  const Outcome outcome = run(scratch, run_words(log, {"--output", "out", "--predict_only"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json figures_now = figures(scratch, "out");
  EXPECT_EQ(figures_now["bypass,create_test"].dump(), "999");
  EXPECT_EQ(figures_now["bypass_stderr,create_test"], "N/A");
  EXPECT_FALSE(figures_now.contains("pass@1,create_test"));
  std::size_t logged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch / "out")) {
    if (!entry.path().filename().string().starts_with("samples_humaneval")) continue;
    for (const Json& line : lines_of(slurp(entry.path()))) {
      ++logged;
      EXPECT_EQ(line["metrics"], Json::array({"bypass"}));
      EXPECT_FALSE(line.contains("verdicts"));
    }
  }
  EXPECT_EQ(logged, 6u);
}

TEST(PredictOnly, NeedsTheSamples) {
  Scratch scratch;
  const Outcome outcome = run(scratch, {"run", "--model", "synthetic:tiny", "--tasks", "arc_easy",
                                        "--predict-only", "--no-log-samples"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("--no-log-samples"), std::string::npos) << outcome.err;
}

TEST(CodeRunFlags, VerdictsThatAreNotThere) {
  Scratch scratch;
  const Outcome outcome = run(scratch, {"run", "--model", "replay:none.jsonl", "--tasks",
                                        "humaneval", "--export-code", "p", "--code-verdicts", "v"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("--code-verdicts"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace flm::testing
