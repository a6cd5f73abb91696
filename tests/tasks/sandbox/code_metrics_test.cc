#include "tasks/native/code_metrics.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/system/files.h"
#include "tasks/sandbox/code_judge.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

PyValue row(const std::string& prompt) {
  PyDict dict;
  dict.set(PyValue("prompt"), PyValue(prompt));
  return PyValue(dict);
}

std::string filtered(const std::string& key, const std::string& response) {
  const PyValue out =
      native_functions().filters.at(key)(PyValue(PyList{PyValue(response)}), row("P:"), {});
  return out.items().at(0).as_string();
}

TEST(PassAtK, IsTheShareOfDrawsWithAPass) {
  EXPECT_EQ(pass_at_k(1, 0, 1), 0.0);
  EXPECT_EQ(pass_at_k(1, 1, 1), 1.0);
  EXPECT_DOUBLE_EQ(pass_at_k(10, 3, 1), 0.3);
  EXPECT_DOUBLE_EQ(pass_at_k(4, 2, 2), 1 - 1.0 / 6);   // C(2,2) / C(4,2)
  EXPECT_DOUBLE_EQ(pass_at_k(5, 1, 3), 1 - 4.0 / 10);  // C(4,3) / C(5,3)
  EXPECT_EQ(pass_at_k(64, 60, 8), 1.0);                // fewer failures than draws
}

TEST(PassAtK, NamesFollowK) {
  const NativeMetric metric = pass_at_k_metric();
  const NativeArguments both = {{"k", PyValue(PyList{PyValue(1), PyValue(2)})}};
  EXPECT_EQ(metric.names(both), (std::vector<std::string>{"pass@1", "pass@2"}));
  EXPECT_EQ(metric.names({{"k", PyValue(8)}}), std::vector<std::string>{"pass@8"});
  EXPECT_THROW(metric.names({}), UserError);
  std::vector<CodeOutcome> outcomes(2);
  outcomes[0].verdict = Verdict::kPass;
  outcomes[1].verdict = Verdict::kWrong;
  const MetricValues values = metric.judged(outcomes, both);
  EXPECT_EQ(values[0].second, std::vector<double>{0.5});
  EXPECT_EQ(values[1].second, std::vector<double>{1.0});
  EXPECT_THROW(metric.judged(outcomes, {{"k", PyValue(3)}}), UserError);
}

TEST(CodeFilters, MakeProgramsOfResponses) {
  EXPECT_EQ(filtered("humaneval/utils.build_predictions", " x"), "P: x");
  EXPECT_EQ(filtered("humaneval/utils.build_predictions_instruct", "a\n```\nb"), "P:a\n");
  EXPECT_EQ(filtered("humaneval/utils.build_predictions_instruct", "a"), "P:a");
  EXPECT_EQ(filtered("mbpp/utils.build_predictions", "python\na = 1\n```\nso"), "a = 1");
  EXPECT_EQ(filtered("mbpp/utils.build_predictions", "no end"), "");
  EXPECT_EQ(filtered("code/filters.fenced_block", "So:\n```python\na = 1\n```\n"), "a = 1");
  EXPECT_EQ(filtered("code/filters.fenced_block", "a = 1"), "a = 1");
}

TEST(CodeJudges, VerdictsOfAFile) {
  const CodeProgram known{"a", "b"}, unknown{"ab", ""};
  EXPECT_NE(program_hash(known), program_hash(unknown));
  CodeOutcome outcome;
  outcome.verdict = Verdict::kTimeout;
  outcome.detail = "slow";
  const TemporaryFolder folder;
  const std::string path = folder / "verdicts.jsonl";
  write_file_atomically(path, verdict_line(known, outcome) + "\n");
  const std::vector<CodeProgram> programs = {known, unknown};
  const auto outcomes = read_verdicts(path)->judge(programs);
  EXPECT_EQ(outcomes[0].verdict, Verdict::kTimeout);
  EXPECT_EQ(outcomes[0].detail, "slow");
  EXPECT_EQ(outcomes[1].verdict, Verdict::kSetupError);
  write_file_atomically(path, "\n{\"program_hash\": \"x\", \"verdict\": \"fine\"}\n");
  try {
    read_verdicts(path);
    FAIL() << "an unknown verdict was taken";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("verdicts.jsonl:2: verdict must be pass"),
              std::string::npos)
        << error.what();
  }
}

TEST(CodeJudges, CollectedProgramsReadBack) {
  ProgramCollector collector;
  const std::vector<CodeProgram> programs = {{"a\n", "b"}, {"c", "d"}, {"a\n", "b"}};
  for (const CodeOutcome& outcome : collector.judge(programs))
    EXPECT_EQ(outcome.verdict, Verdict::kSetupError);
  const std::string text = collector.jsonl();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  const CodeProgram first = parse_program(text.substr(0, text.find('\n')), "here");
  EXPECT_TRUE(first.candidate == "a\n" || first.candidate == "c");
}

}  // namespace
}  // namespace flm
