// The views of a gate's result show the same, and agree with the exit code.
#include "reports/gate/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "base/documents/json.h"
#include "tests/reports/gate/made_comparison.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<ComparisonRow> rows() {
  return {binary_task("same", {600, 0, 0, 400}), binary_task("dropped", {500, 100, 20, 380}),
          binary_task("noise", {570, 30, 28, 372}), not_comparable("gsm8k")};
}

GateResult gate(const std::string& rules, const std::string& head = "") {
  return judge(parse_policy("version: 1\n" + head + "rules:\n" + rules, "gate.yaml"),
               comparison_of(rows()));
}

const std::string kAll =
    "- {task: same, max_worse: 0.01}\n"
    "- {task: noise, rule: not-worse, max_worse: 0.001}\n"
    "- {task: dropped, max_worse: 0.01}\n"
    "- {task: gsm8k, max_worse: 0.01}\n"
    "- {task: dropped, rule: limit, min: 0.55, level: advisory}\n";

TEST(GateText, SaysWhyAndEndsWithTheDecision) {
  const std::string text = gate_text(gate(kAll), 0);
  EXPECT_EQ(text, R"(gate.yaml: A step_800, B step_1600

PASS          same acc no-drop     0.600 to 0.600, no change, p = .795; no item differs
INCONCLUSIVE  noise acc not-worse  0.6000 to 0.5980, worse by 0.0020 (limit 0.0010); may be worse by 0.0146
FAIL          dropped acc no-drop  0.600 to 0.520, worse by 0.080 (limit 0.010), p < .001
MISSING       gsm8k no-drop        not comparable: num_fewshot differs: A 5, B 8
(FAIL)        dropped acc limit    0.5200, wanted at least 0.5500

FAIL: 1 failed, 1 missing, 1 inconclusive, 1 passed; 1 advisory not passed
p: one-sided, Holm's over 3 tests
(in brackets: advisory)
)");
}

/// Small samples in place of a data set are no results: every view says so, where they are judged.
TEST(GateViews, WarnOfBuiltInSamples) {
  Comparison comparison = comparison_of(rows());
  comparison.contrasts[0].rows[0].builtin_sample = true;  // same
  comparison.warnings = {"NOT A BENCHMARK RESULT: small samples (same)"};
  const auto judged = [&](const std::string& task) {
    const std::string rules = "rules:\n- {" + task + ", max_worse: 0.01}\n";
    return judge(parse_policy("version: 1\n" + rules, "gate.yaml"), comparison);
  };
  for (const char* task : {"task: same", "suite: [noise, same]"}) {
    const GateResult result = judged(task);
    EXPECT_THAT(gate_text(result, 0),
                StartsWith("NOT A BENCHMARK RESULT: small samples (same)\ngate.yaml: A"));
    EXPECT_THAT(gate_markdown(result), HasSubstr("**NOT A BENCHMARK RESULT: small samples"));
    EXPECT_THAT(gate_annotations(result),
                StartsWith("::warning file=gate.yaml::NOT A BENCHMARK RESULT: small samples"));
    EXPECT_EQ(parse_json(gate_json(result), "gate")["warnings"][0], comparison.warnings[0]);
    EXPECT_THAT(gate_junit(result), HasSubstr("<property name=\"warning\" value=\"NOT A BENCH"));
  }
  EXPECT_THAT(gate_text(judged("task: noise"), 0), Not(HasSubstr("BENCHMARK")));
  EXPECT_EQ(parse_json(gate_json(judged("task: noise")), "gate")["warnings"].size(), 0u);
}

/// A limit is of every task of the runs.
TEST(GateViews, WarnOfALimitWhateverIsJudged) {
  Comparison comparison = comparison_of(rows());
  comparison.warnings = {"NOT A BENCHMARK RESULT: small samples (same)", "LIMITED: a part"};
  const GateResult result =
      judge(parse_policy("version: 1\nrules:\n- {task: noise, max_worse: 0.01}\n", "gate.yaml"),
            comparison);
  EXPECT_THAT(result.warnings, testing::ElementsAre("LIMITED: a part"));
}

/// Each start tag: its path from the root, and the names of its attributes.
std::vector<std::pair<std::string, std::set<std::string>>> elements_of(const std::string& xml) {
  std::vector<std::pair<std::string, std::set<std::string>>> out;
  std::vector<std::string> open;
  const std::regex tag("<(/?)(\\w[\\w-]*)((?: \\w+=\"[^\"<]*\")*)(/?)>"), name(" (\\w+)=");
  for (auto at = std::sregex_iterator(xml.begin(), xml.end(), tag); at != std::sregex_iterator();
       ++at) {
    if ((*at)[1].length() > 0) {
      EXPECT_EQ(open.back(), (*at)[2]);
      open.pop_back();
      continue;
    }
    open.push_back((*at)[2]);
    std::string path;
    for (const std::string& one : open) path += "/" + one;
    const std::string text = (*at)[3];
    std::set<std::string> names;
    for (auto n = std::sregex_iterator(text.begin(), text.end(), name); n != std::sregex_iterator();
         ++n)
      names.insert((*n)[1]);
    out.emplace_back(path, names);
    if ((*at)[4].length() > 0) open.pop_back();
  }
  EXPECT_TRUE(open.empty());
  return out;
}

// Jenkins' junit-10.xsd and Surefire's surefire-test-report-3.0.xsd: what both know, and what
// either asks for.
TEST(GateJunit, HoldsWhatTheSchemasKnow) {
  struct Known {
    std::set<std::string> wanted, allowed;
  };
  const std::map<std::string, Known> known = {
      {"/testsuite",
       {{"name", "time", "tests", "errors", "skipped", "failures"},
        {"name", "time", "tests", "errors", "skipped", "failures"}}},
      {"/testsuite/properties", {{}, {}}},
      {"/testsuite/properties/property", {{"name", "value"}, {"name", "value"}}},
      {"/testsuite/testcase", {{"name", "time"}, {"name", "classname", "time"}}},
      {"/testsuite/testcase/failure", {{"type"}, {"type", "message"}}},
      {"/testsuite/testcase/error", {{"type"}, {"type", "message"}}},
      {"/testsuite/testcase/skipped", {{}, {"message"}}},
      {"/testsuite/testcase/system-out", {{}, {}}}};
  std::set<std::string> seen;
  for (const auto& [path, names] : elements_of(gate_junit(gate(kAll)))) {
    ASSERT_TRUE(known.contains(path)) << path;
    seen.insert(path);
    const Known& of = known.at(path);
    for (const std::string& name : of.wanted) EXPECT_TRUE(names.contains(name)) << path << name;
    for (const std::string& name : names) EXPECT_TRUE(of.allowed.contains(name)) << path << name;
  }
  EXPECT_EQ(seen.size(), known.size());
}

/// How many of an element or a count a JUnit text has.
int counted(const std::string& text, const std::string& name) {
  std::smatch found;
  return std::regex_search(text, found, std::regex(name + "=\"(\\d+)\"")) ? std::stoi(found[1])
                                                                          : -1;
}

int occurrences(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

// JUnit, annotations, JSON and text agree with the exit code in every mixture of verdicts.
TEST(GateViews, AgreeWithTheExitCode) {
  const std::vector<std::string> lines = {
      "- {task: same, max_worse: 0.01}\n",
      "- {task: dropped, max_worse: 0.01}\n",
      "- {task: noise, rule: not-worse, max_worse: 0.001}\n",
      "- {task: gsm8k, max_worse: 0.01}\n",
      "- {task: dropped, max_worse: 0.01, level: advisory}\n",
      "- {task: nowhere, rule: limit, min: 0, level: advisory}\n"};
  for (unsigned mixture = 1; mixture < 64; ++mixture) {
    for (const std::string how : {"report", "pass", "fail"}) {
      std::string rules;
      for (unsigned i = 0; i < lines.size(); ++i)
        if (mixture >> i & 1) rules += lines[i];
      const GateResult result = gate(rules, "inconclusive: " + how + "\n");
      SCOPED_TRACE(rules + how);
      const int code = result.exit_code();

      const std::string junit = gate_junit(result);
      const int bad = counted(junit, "failures") + counted(junit, "errors");
      EXPECT_EQ(counted(junit, "tests"), int(result.rules.size()));
      EXPECT_EQ(counted(junit, "failures"), occurrences(junit, "<failure"));
      EXPECT_EQ(counted(junit, "errors"), occurrences(junit, "<error"));
      EXPECT_EQ(counted(junit, "skipped"), occurrences(junit, "<skipped"));
      if (code == 0) {
        EXPECT_EQ(bad, 0);
      }
      if (code == 1) {
        EXPECT_GT(bad, 0);
      }
      if (code == 3) {
        EXPECT_EQ(counted(junit, "failures"), 0);
        EXPECT_GT(counted(junit, "errors") + counted(junit, "skipped"), 0);
      }

      const std::string annotations = gate_annotations(result);
      EXPECT_EQ(occurrences(annotations, "\n"), int(result.rules.size()));
      if (code == 0) {
        EXPECT_THAT(annotations, Not(HasSubstr("::error")));
      }
      if (code == 1) {
        EXPECT_THAT(annotations, StartsWith("::error"));
      }
      if (code == 3) {
        EXPECT_THAT(annotations, Not(StartsWith("::notice")));
      }

      const Json json = parse_json(gate_json(result), "json");
      EXPECT_EQ(json.at("exit_code").get<int>(), code);
      const std::string word = code == 0 ? "PASS" : code == 1 ? "FAIL" : "INCONCLUSIVE";
      EXPECT_EQ(json.at("verdict").get<std::string>(), word);
      EXPECT_THAT(gate_text(result, 80), HasSubstr("\n" + word + ": "));
      EXPECT_THAT(gate_markdown(result), StartsWith("### " + word + ": "));
    }
  }
}

/// Names and reasons come from files: the views must hold whatever they say.
GateResult nasty() {
  ComparisonRow row = not_comparable("t<&\">\x01\xFF%\n:,|");
  row.first_difference = ProtocolDifference{"doc_to_text", "]]>\x1B[31m", "**b**"};
  return judge(parse_policy("version: 1\nrules: [{task: \"*\", max_worse: 0.01}]", "g:a,t%e.yaml"),
               comparison_of({row}));
}

TEST(GateViews, HoldWhateverNamesSay) {
  const GateResult result = nasty();
  const std::string junit = gate_junit(result);
  EXPECT_THAT(junit,
              HasSubstr("classname=\"t&#60;&#38;&#34;&#62;\xEF\xBF\xBD\xEF\xBF\xBD%&#10;:,|\""));
  EXPECT_THAT(junit, HasSubstr("A ]]&#62;\xEF\xBF\xBD[31m, B **b**"));
  const std::string annotations = gate_annotations(result);
  EXPECT_EQ(occurrences(annotations, "\n"), 1);
  EXPECT_THAT(annotations, StartsWith("::error file=g%3Aa%2Ct%25e.yaml,line=2,title=t<&\">\\x01"));
  EXPECT_THAT(gate_markdown(result), HasSubstr("\\*\\*b\\*\\*"));
  EXPECT_THAT(gate_markdown(result), HasSubstr("t&lt;&amp;"));
  for (const std::string& text : {gate_text(result, 80), gate_markdown(result)})
    EXPECT_THAT(text, Not(HasSubstr("\x1B")));
  EXPECT_NO_THROW(parse_json(gate_json(result), "json"));
}

TEST(GateText, NarrowTerminalsGetTheSentenceBelow) {
  const std::string text = gate_text(gate("- {task: dropped, max_worse: 0.01}"), 60);
  EXPECT_THAT(text, HasSubstr("FAIL  dropped acc no-drop\n    0.600 to 0.520, worse by 0.080 "
                              "(limit 0.010), p < .001\n"));
}

}  // namespace
}  // namespace flm
