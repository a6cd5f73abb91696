// A policy file says what it says, and every mistake is named with its line.
#include "reports/gate/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::HasSubstr;

TEST(Policy, ReadsEveryKey) {
  const Policy policy = parse_policy(R"(version: 1
alpha: 0.01
family: none
inconclusive: fail
common: 0.95
defaults: {rule: no-drop, level: blocking, max_worse: 0.01, see: max_worse}
rules:
  - {task: mmlu, metric: acc}
  - {task: gsm8k, metric: exact_match, filter: flexible-extract, rule: not-worse, max_worse: 0.03}
  - {task: "bpb_*", metric: "bpb@*", max_worse: 0.005, see: 0.002}
  - {suite: [arc_easy, arc_challenge], level: advisory}
  - {suite: mmlu}
  - {task: ceval, rule: limit, min: 0.45, max: 1, certain: true}
items: {flagged: 0.01, errors: 0}
)",
                                     "p.yaml");
  EXPECT_EQ(policy.origin, "p.yaml");
  EXPECT_EQ(policy.alpha, 0.01);
  EXPECT_FALSE(policy.holm);
  EXPECT_EQ(policy.inconclusive, Policy::Inconclusive::kFail);
  EXPECT_EQ(policy.common, 0.95);
  EXPECT_EQ(policy.flagged, 0.01);
  EXPECT_EQ(policy.errors, 0);
  ASSERT_EQ(policy.rules.size(), 6u);
  const auto& rules = policy.rules;
  EXPECT_EQ(rules[0].task, "mmlu");
  EXPECT_EQ(rules[0].line, 8);
  EXPECT_EQ(rules[0].max_worse, 0.01);
  EXPECT_EQ(rules[0].see, 0.01);
  EXPECT_EQ(rules[1].kind, RuleKind::kNotWorse);
  EXPECT_EQ(rules[1].filter, "flexible-extract");
  EXPECT_EQ(rules[1].see, std::nullopt) << "a default for rules no-drop";
  EXPECT_EQ(rules[2].see, 0.002);
  EXPECT_EQ(rules[3].suite, (std::vector<std::string>{"arc_easy", "arc_challenge"}));
  EXPECT_EQ(rules[3].level, RuleLevel::kAdvisory);
  EXPECT_EQ(rules[4].suite, std::vector<std::string>{"mmlu"});
  EXPECT_EQ(rules[5].kind, RuleKind::kLimit);
  EXPECT_EQ(rules[5].min, 0.45);
  EXPECT_EQ(rules[5].max, 1);
  EXPECT_TRUE(rules[5].certain);
}

TEST(Policy, DefaultsAreTheSafeOnes) {
  const Policy policy = parse_policy("version: 1\nrules: [{task: mmlu, max_worse: 0.01}]", "p");
  EXPECT_EQ(policy.alpha, 0.05);
  EXPECT_TRUE(policy.holm);
  EXPECT_EQ(policy.inconclusive, Policy::Inconclusive::kReport);
  EXPECT_EQ(policy.common, 1);
  EXPECT_EQ(policy.rules[0].kind, RuleKind::kNoDrop);
  EXPECT_EQ(policy.rules[0].level, RuleLevel::kBlocking);
}

std::string complaint(const std::string& text) {
  return error_of([&] { parse_policy(text, "p.yaml"); });
}

std::string complaint_of_rule(const std::string& rule) {
  return complaint("version: 1\nrules:\n  - " + rule);
}

TEST(Policy, EveryMistakeIsNamedWithItsLine) {
  EXPECT_EQ(complaint_of_rule("{task: mmlu, max_wrose: 0.01}"),
            "p.yaml:3: unknown key of a rule; did you mean max_worse: max_wrose");
  EXPECT_EQ(complaint("version: 1\nruels: []"),
            "p.yaml:2: unknown key of a policy; did you mean rules: ruels");
  EXPECT_EQ(complaint_of_rule("{task: mmlu, rule: no_drop}"),
            "p.yaml:3: rule is one of no-drop, not-worse, limit, no-rise: no_drop");
  EXPECT_EQ(complaint_of_rule("{task: mmlu, max_worse: 1%}"),
            "p.yaml:3: max_worse wants a number from 0, written as 0.01: 1%");
  EXPECT_EQ(complaint_of_rule("{task: mmlu, max_worse: -0.01}"),
            "p.yaml:3: max_worse wants a number from 0, written as 0.01: -0.01");
  EXPECT_EQ(complaint("version: 1\nalpha: 0.7\nrules: []"),
            "p.yaml:2: alpha wants a number from 0 to 0.5, written as 0.01: 0.7");
  EXPECT_THAT(complaint_of_rule("{task: mmlu, max_worse: .inf}"), HasSubstr("wants a number"));
  EXPECT_THAT(complaint_of_rule("{task: mmlu, max_worse: .nan}"), HasSubstr("wants a number"));
  EXPECT_THAT(complaint_of_rule("{task: mmlu}"), HasSubstr("p.yaml:3: a rule no-drop says how"));
  EXPECT_THAT(complaint_of_rule("{max_worse: 0.1}"), HasSubstr("either a task or a suite"));
  EXPECT_THAT(complaint_of_rule("{task: a, suite: b, max_worse: 0.1}"),
              HasSubstr("either a task or a suite"));
  EXPECT_THAT(complaint_of_rule("{task: a, rule: limit}"), HasSubstr("write min: or max:"));
  EXPECT_THAT(complaint_of_rule("{task: a, rule: limit, min: 2, max: 1}"),
              HasSubstr("min is above max; swap them: 2 and 1"));
  EXPECT_THAT(complaint_of_rule("{task: a, rule: limit, min: 0, max_worse: 1}"),
              HasSubstr("a rule limit has no key: max_worse"));
  EXPECT_THAT(complaint_of_rule("{task: a, max_worse: 1, certain: true}"),
              HasSubstr("a rule no-drop has no key: certain"));
  EXPECT_THAT(complaint_of_rule("{task: a, rule: not-worse, max_worse: 1, see: 1}"),
              HasSubstr("a rule not-worse has no key: see"));
  EXPECT_THAT(complaint_of_rule("{suite: [], max_worse: 1}"), HasSubstr("empty list"));
  EXPECT_EQ(complaint_of_rule("suite: [a, b,\n            a]\n    max_worse: 1"),
            "p.yaml:4: a suite counts each task once; name it once: a");
  EXPECT_THAT(complaint_of_rule("{suite: [[a]], max_worse: 1}"), HasSubstr("wants a name"));
  EXPECT_THAT(complaint_of_rule("mmlu"), HasSubstr("a rule is a map of"));
  EXPECT_THAT(complaint("version: 1\n"), HasSubstr("a policy has rules"));
  EXPECT_THAT(complaint("rules: [{task: a, max_worse: 1}]"), HasSubstr("write version: 1"));
  EXPECT_THAT(complaint("version: 2\nrules: []"), HasSubstr("p.yaml:1: unknown version"));
  EXPECT_THAT(complaint("- a"), HasSubstr("a policy is a map of"));
  EXPECT_THAT(complaint("version: 1\nitems: {errors: 0.5}\nrules: []"),
              HasSubstr("errors wants a count"));
}

TEST(Policy, PatternsFitAsInAShell) {
  EXPECT_TRUE(fits_pattern("mmlu", "mmlu"));
  EXPECT_FALSE(fits_pattern("mmlu", "mmlu_law"));
  EXPECT_TRUE(fits_pattern("mmlu*", "mmlu"));
  EXPECT_TRUE(fits_pattern("bpb@*/doc", "bpb@ctx4096/stride2048/bos0/doc"));
  EXPECT_TRUE(fits_pattern("*a*b", "xaxxbaab"));
  EXPECT_FALSE(fits_pattern("*a*b", "xaxxba"));
  EXPECT_TRUE(fits_pattern("arc_?", "arc_c"));
  EXPECT_FALSE(fits_pattern("arc_?", "arc_"));
  EXPECT_TRUE(fits_pattern("*", ""));
  EXPECT_FALSE(fits_pattern("", "a"));
}

}  // namespace
}  // namespace flm
