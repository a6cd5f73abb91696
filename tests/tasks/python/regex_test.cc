#include "tasks/python/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text/utf8.h"
#include "tasks/python/text.h"
#include "tests/error_of.h"
#include "tests/tasks/python/goldens.h"

namespace flm {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// lm-evaluation-harness's regex filter on one response.
std::string filtered(const PythonRegex& regex, const std::string& response, int select) {
  const Rows rows = regex.findall(response);
  if (rows.empty()) return "[invalid]";
  const std::vector<std::string>& row =
      select < 0 ? rows[rows.size() - 1] : rows.at(static_cast<size_t>(select));
  if (row.size() == 1) return python_strip(row[0]);
  for (const std::string& group : row) {
    if (!group.empty()) return python_strip(group);
  }
  return "[invalid]";
}

TEST(PythonRegex, AgreesOnEveryPatternOfTheTaskFiles) {
  if (!has_shared()) GTEST_SKIP() << "skipped: ../shared is not here";
  const Json data = golden("units/filters.json.gz");
  size_t compared = 0;
  for (const Json& row : data["regex"]) {
    if (!row.contains("value")) continue;  // the class of the error is another test's matter
    const PythonRegex regex = PythonRegex::compile(row["regex_pattern"].get<std::string>());
    for (size_t i = 0; i < data["responses"].size(); ++i) {
      const std::string got =
          filtered(regex, data["responses"][i].get<std::string>(), row["group_select"].get<int>());
      EXPECT_EQ(got, row["value"][i].get<std::string>())
          << row["regex_pattern"] << " on " << data["responses"][i];
      ++compared;
    }
  }
  EXPECT_GT(compared, 5000u);
}

TEST(PythonRegex, AgreesOnEveryRegexToIgnore) {
  if (!has_shared()) GTEST_SKIP() << "skipped: ../shared is not here";
  const Json data = golden("units/regexes_to_ignore.json.gz");
  size_t compared = 0;
  for (const Json& row : data["patterns"]) {
    const PythonRegex regex = PythonRegex::compile(row["regex"].get<std::string>());
    for (size_t i = 0; i < data["responses"].size(); ++i) {
      EXPECT_EQ(regex.sub("", data["responses"][i].get<std::string>()),
                row["outputs"][i].get<std::string>())
          << row["regex"];
      ++compared;
    }
  }
  EXPECT_GT(compared, 300u);
}

TEST(PythonRegex, AgreesWithRecordedCalls) {
  const Json data = read_json_file(FLM_SOURCE_DIR "/tests/tasks/python/regex_golden.json");
  ASSERT_GT(data.size(), 60u);
  for (const Json& row : data) {
    const std::string pattern = row["pattern"].get<std::string>(),
                      text = row["text"].get<std::string>();
    if (row.contains("error")) {
      EXPECT_THROW(PythonRegex::compile(pattern), UserError) << pattern;
      continue;
    }
    const PythonRegex regex = PythonRegex::compile(pattern);
    EXPECT_EQ(regex.findall(text), row["findall"].get<Rows>())
        << pattern << " on " << python_repr(text);
    EXPECT_EQ(regex.sub(row["with"].get<std::string>(), text), row["sub"].get<std::string>())
        << pattern;
  }
}

/// CPython's re over all characters with case (make_regex_case_goldens.py).
class PythonRegexCases : public testing::Test {
 protected:
  const Json data = read_json_file(FLM_SOURCE_DIR "/tests/tasks/python/regex_case_golden.json");
  const std::string cased = data["cased"].get<std::string>();

  std::string found(const std::string& pattern) const {
    std::string all;
    for (const auto& row : PythonRegex::compile(pattern).findall(cased)) all += row[0];
    return all;
  }
};

TEST_F(PythonRegexCases, EveryCharacterMatchesItsOwnCases) {
  ASSERT_GT(data["alike"].size(), 1300u);
  std::size_t characters = 0;
  for (const Json& row : data["alike"]) {
    const std::string alike = row.get<std::string>();
    for (const char32_t c : utf8_decode(alike)) {
      EXPECT_EQ(found("(?i)" + utf8_encode({&c, 1})), alike);
      ++characters;
    }
  }
  EXPECT_EQ(characters, utf8_length(cased));
}

TEST_F(PythonRegexCases, SetsMatchTheCasesOfTheirMembers) {
  for (const Json& row : data["sets"])
    EXPECT_EQ(found(row["pattern"].get<std::string>()), row["found"].get<std::string>())
        << row["pattern"];
}

TEST_F(PythonRegexCases, PatternsFindWhatPythonFinds) {
  ASSERT_GT(data["calls"].size(), 1000u);
  for (const Json& row : data["calls"]) {
    const PythonRegex regex = PythonRegex::compile(row["pattern"].get<std::string>());
    EXPECT_EQ(regex.findall(row["text"].get<std::string>()), row["findall"].get<Rows>())
        << row["pattern"] << " on " << row["text"];
  }
}

TEST_F(PythonRegexCases, WhatPythonRefusesIsRefused) {
  for (const Json& row : data["asked"]) {
    const std::string pattern = row["pattern"].get<std::string>(),
                      error = error_of([&] { PythonRegex::compile(pattern); });
    EXPECT_EQ(error.empty(), row["taken"].get<bool>()) << pattern << ": " << error;
  }
}

TEST(PythonRegex, RefusesSlowPatternsAndBadReplacements) {
  const PythonRegex slow = PythonRegex::compile("(a|aa)+$");
  EXPECT_THROW(slow.search(std::string(200, 'a') + "b"), UserError);
  EXPECT_THROW(PythonRegex::compile("a").sub("\\1", "a"), UserError);
  EXPECT_THROW(PythonRegex::compile("a").sub("\\q", "a"), UserError);
  EXPECT_THROW(PythonRegex::compile("(a)").split("a"), UserError);
  EXPECT_EQ(PythonRegex::compile("(?P<n>a)").sub("\\g<n>\\g<1>\\g<0>\\n", "ab"), "aaa\nb");
}

}  // namespace
}  // namespace flm
