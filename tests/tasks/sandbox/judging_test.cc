// What honest programs and tests get, and the two data sets' own solutions.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/machine.h"
#include "tasks/sandbox/code_judge.h"
#include "tasks/sandbox/sandbox.h"
#include "tasks/sandbox/seccomp.h"
#include "tests/error_of.h"

namespace flm {
namespace {

class Judging : public ::testing::Test {
 protected:
  void SetUp() override {
    const SandboxStatus status = Sandbox::examine();
    if (!status.isolates) GTEST_SKIP() << "skipped: no isolation here: " << status.problem;
  }
  CodeOutcome judged(const std::string& candidate, const std::string& tests) {
    return Sandbox::open(false).run({candidate, tests});
  }
  void expect(Verdict verdict, const std::string& candidate, const std::string& tests) {
    const CodeOutcome outcome = judged(candidate, tests);
    EXPECT_STREQ(verdict_name(outcome.verdict), verdict_name(verdict)) << outcome.detail << "\n"
                                                                       << candidate;
  }
};

TEST_F(Judging, PlainDataCrossesWithItsType) {
  std::vector<CodeProgram> programs;
  const auto same = [&](const std::string& tests) {
    programs.push_back({"def same(x): return x", tests});
  };
  for (const std::string value :
       {"None", "True", "1", "1.0", "-0.0", "10**40", "'h\\u00e9\\ud800'", "b'\\x00\\xff'",
        "[1, [2, (3,)]]", "{1: 'a', (2, 3): [4]}", "{1, 2}", "frozenset({1})", "1+2j",
        "range(1, 9, 2)", "float('inf')", "bytearray(b'x')"}) {
    same("x = same(" + value + ")\nassert type(x) is type(" + value + ") and repr(x) == repr(" +
         value + ")");
  }
  same("from fractions import Fraction as F\nassert same(F(1, 3)) == F(1, 3)");
  same("from decimal import Decimal as D\nassert same(D('1.10')) == D('1.1')");
  same("from collections import deque\nassert same(deque([1])) == deque([1])");
  same("x = same(float('nan'))\nassert x != x");
  const auto outcomes = Sandbox::open(false).run_all(programs);
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    EXPECT_EQ(outcomes[i].verdict, Verdict::kPass)
        << programs[i].tests << ": " << outcomes[i].detail;
  expect(Verdict::kPass, "import collections\ndef f(): return collections.Counter('aab')",
         "assert f() == {'a': 2, 'b': 1}");
}

TEST_F(Judging, ArgumentsAreChangedInPlace) {
  expect(Verdict::kPass, "def f(x): x.sort()",
         "a = [3, 1, 2]\nassert f(a) is None\nassert a == [1, 2, 3]");
  expect(Verdict::kPass, "def f(x): x['k'] = 1", "a = {}\nf(a)\nassert a == {'k': 1}");
}

TEST_F(Judging, ObjectsOfTheCandidateAreReached) {
  const std::string node = R"py(
class Node:
    def __init__(self, value): self.value, self.next = value, None
    def __str__(self): return "Node %d" % self.value
    def total(self): return self.value + (self.next.total() if self.next else 0)
def last(node):
    while node.next: node = node.next
    return node
def squares(n):
    for i in range(n): yield i * i
)py";
  expect(Verdict::kPass, node, R"py(
a = Node(1)
a.next = Node(2)
assert a.total() == 3
assert last(a) == a.next and last(a) != a
assert str(last(a)) == "Node 2"
assert list(squares(4)) == [0, 1, 4, 9]
)py");
}

TEST_F(Judging, BuiltinNamesOfTheCandidateCountWhereNothingElseIsAsked) {
  expect(Verdict::kPass, "def sum(a, b): return a * b", "assert sum(3, 4) == 12");
}

TEST_F(Judging, ExceptionsKeepTheirBuiltinType) {
  expect(Verdict::kPass, "def f(): raise ValueError('no')", R"py(
try:
    f()
    assert False
except ValueError as error:
    assert str(error) == 'no'
)py");
  const CodeOutcome outcome = judged("def f(): return 1 / 0", "f()");
  EXPECT_EQ(outcome.verdict, Verdict::kException);
  EXPECT_EQ(outcome.detail, "ZeroDivisionError: division by zero");
}

TEST_F(Judging, FailuresHaveTheirClass) {
  expect(Verdict::kWrong, "def f(): return 1", "assert f() == 2");
  expect(Verdict::kException, "def f(:", "assert f() == 2");
  expect(Verdict::kException, "x = 1", "assert f() == 2");
  expect(Verdict::kException, "def f(): return None", "assert abs(f()) < 1");
  expect(Verdict::kSetupError, "def f(): return 1", "assert f( == 1");
  expect(Verdict::kSetupError, "def f(g): return g(1)", "assert f(lambda x: x) == 1");
}

TEST_F(Judging, WaitingEndsByTheClock) {
  CodeLimits limits;
  limits.wall_seconds = 2;
  const CodeOutcome outcome = Sandbox::open(false).run(
      {"import time\ndef f(): time.sleep(1000)", "assert f() == 1"}, limits);
  EXPECT_EQ(outcome.verdict, Verdict::kTimeout);
  EXPECT_EQ(outcome.detail, "more than 2 s altogether");
  EXPECT_LT(outcome.seconds, 20);
}

TEST_F(Judging, OutputIsKeptAndBounded) {
  const CodeOutcome little = judged("print('h\xc3\xa9')\ndef f(): return 1", "assert f() == 1");
  EXPECT_EQ(little.verdict, Verdict::kPass);
  EXPECT_EQ(little.output, "h\xc3\xa9\n");
  const CodeOutcome much = judged("print('x' * 100000)\ndef f(): return 1", "assert f() == 1");
  EXPECT_EQ(much.verdict, Verdict::kPass);
  EXPECT_EQ(much.output.size(), std::size_t{16} << 10);
}

/// The candidate is ended as soon as the tests have; what it printed must not wait for its own end.
TEST_F(Judging, OutputIsKeptHoweverTheProgramEnds) {
  const CodeOutcome slow = judged(
      "import atexit, time\natexit.register(time.sleep, 5)\nprint('kept')\n"
      "def f():\n  print('too')\n  return 1",
      "assert f() == 1");
  EXPECT_EQ(slow.verdict, Verdict::kPass);
  EXPECT_EQ(slow.output, "kept\ntoo\n");
  const CodeOutcome closed =
      judged("import sys\ndef f():\n  sys.__stdout__.close()\n  return 1", "assert f() == 1");
  EXPECT_EQ(closed.verdict, Verdict::kPass);
}

TEST_F(Judging, OnlyTheStandardLibraryIsThere) {
  expect(Verdict::kException, "import numpy", "pass");
  expect(Verdict::kPass, "import re, heapq, itertools, dataclasses, typing\ndef f(): return 1",
         "assert f() == 1");
}

TEST_F(Judging, ManyAtATimeStayInOrder) {
  std::vector<CodeProgram> programs;
  for (int i = 0; i < 12; ++i)
    programs.push_back({"def f(): return " + std::to_string(i % 3), "assert f() == 1"});
  const auto outcomes = Sandbox::open(false).run_all(programs);
  ASSERT_EQ(outcomes.size(), programs.size());
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(outcomes[static_cast<std::size_t>(i)].verdict,
              i % 3 == 1 ? Verdict::kPass : Verdict::kWrong);
}

/// Once it is told to stop, no program is begun: those that run are finished and handed over.
TEST_F(Judging, StopsBeforeTheNextProgram) {
  const std::vector<CodeProgram> programs(40, {"def f(): return 1", "assert f() == 1"});
  std::atomic<bool> stop = false;
  std::vector<std::size_t> done;
  const auto keep = [&](std::size_t i, CodeOutcome&& outcome) {
    EXPECT_EQ(outcome.verdict, Verdict::kPass);
    done.push_back(i);
    stop = true;
  };
  Sandbox::open(false).run_each(programs, stop, keep);
  EXPECT_GE(done.size(), 1u);
  EXPECT_LE(done.size(), static_cast<std::size_t>(available_threads()));
}

/// A file that has room for a part of the filter would hold a filter that forbids less.
TEST(Filter, IsWholeOrNone) {
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &little);
  const std::string error = error_of([] { EXPECT_EQ(seccomp_program().value_or(""), ""); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  if (seccomp_program().value_or("").empty()) GTEST_SKIP() << "skipped: no libseccomp here";
  EXPECT_NE(error.find("no memory for the filter of system calls: File too large"),
            std::string::npos)
      << error;
}

TEST_F(Judging, WithoutIsolationOnlyOnDemand) {
  SandboxStatus status = Sandbox::examine();
  status.isolates = false;
  status.problem = "no bubblewrap (bwrap)";
  status.remedy = "apt-get install bubblewrap";
  try {
    Sandbox::open(false, status);
    FAIL() << "code ran without isolation";
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 "generated code cannot be run apart from this machine: no bubblewrap (bwrap); "
                 "apt-get install bubblewrap, or give --unsafe-code-execution");
  }
  const Sandbox unsafe = Sandbox::open(true, status);
  EXPECT_FALSE(unsafe.isolated());
  EXPECT_EQ(unsafe.run({"def f(): return 1", "assert f() == 1"}).verdict, Verdict::kPass);
  CodeLimits limits;
  limits.cpu_seconds = 1;
  EXPECT_EQ(unsafe.run({"while True: pass", "f()"}, limits).verdict, Verdict::kTimeout);
}

/// The lines that a Python program beside this file prints.
std::vector<std::string> lines_of(const std::string& python, const std::string& program) {
  const std::string command = python + " " FLM_SOURCE_DIR "/tests/tasks/sandbox/" + program;
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  char buffer[1 << 16];
  for (std::size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    text.append(buffer, got);
  EXPECT_EQ(pclose(pipe), 0);
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  return lines;
}

/// Lines of programs.py: every `step`-th problem of HumanEval and MBPP.
std::vector<CodeProgram> programs_of(const std::string& kind, int step) {
  std::vector<CodeProgram> programs;
  for (const std::string& line : lines_of(
           "python3", "programs.py " FLM_SHARED_DIR "/data " + kind + " " + std::to_string(step)))
    programs.push_back(parse_program(line, "programs.py"));
  return programs;
}

/// crossing.txt against plain Python, which runs candidate and tests in one process: the same
/// programs pass, and none of them is left without a verdict.
TEST_F(Judging, ProgramsPassThatPassInOneProcess) {
  std::vector<CodeProgram> programs;
  std::vector<std::pair<std::string, bool>> named;
  for (const std::string& line : lines_of(Sandbox::examine().python, "crossing.py")) {
    const Json json = parse_json(line, "crossing.py");
    programs.push_back(parse_program(line, "crossing.py"));
    named.emplace_back(json.at("id").get<std::string>(), json.at("passes").get<bool>());
  }
  ASSERT_GE(programs.size(), 120u);
  const auto outcomes = Sandbox::open(false).run_all(programs);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& [name, passes] = named[i];
    EXPECT_EQ(outcomes[i].verdict == Verdict::kPass, passes) << name << ": " << outcomes[i].detail;
    EXPECT_NE(outcomes[i].verdict, Verdict::kSetupError) << name << ": " << outcomes[i].detail;
  }
}

/// What does not cross is said, and counts neither way.
TEST_F(Judging, WhatCannotCrossIsASetupError) {
  const std::string point =
      "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\n"
      "    def __add__(self, other): return P(self.x + other.x)\n"
      "    def __lt__(self, other): return self.x < other.x\nlimit = 1\n"
      "def under(x): return x < limit\n";
  expect(Verdict::kSetupError, point, "assert P(1) == P(1)");
  expect(Verdict::kSetupError, point, "assert (P(1) + P(2)).x == 3");
  expect(Verdict::kSetupError, point, "assert P(1) < P(2)");
  expect(Verdict::kSetupError, point, "class Q(P): pass");
  expect(Verdict::kSetupError, point, "limit = 5\nassert under(3)");
  expect(Verdict::kWrong, point, "assert P(1) == P(2)");
  expect(Verdict::kWrong, point, "assert P(1) == 1");
  expect(Verdict::kException, point, "P(1) + 1");
}

/// How many pass.
std::size_t passing(const std::vector<CodeProgram>& programs) {
  std::size_t count = 0;
  for (const CodeOutcome& outcome : Sandbox::open(false).run_all(programs))
    count += outcome.verdict == Verdict::kPass;
  return count;
}

TEST_F(Judging, ReferenceSolutionsPassAndMutatedOnesFail) {
  if (!std::filesystem::exists(FLM_SHARED_DIR)) GTEST_SKIP() << "skipped: ../shared is not here";
  const auto canonical = programs_of("canonical", 20), mutated = programs_of("mutated", 20);
  ASSERT_EQ(canonical.size(), 57u);
  ASSERT_EQ(mutated.size(), 57u);
  EXPECT_EQ(passing(canonical), canonical.size());
  EXPECT_EQ(passing(mutated), 0u);
}

}  // namespace
}  // namespace flm
