// README.md and README.zh.md keep their word: the same commands, which are run, and figures that
// come of them; docs/results.md has the keys of a results file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "base/documents/json.h"
#include "tests/harness/document.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::HasSubstr;

const std::string kText = std::string(FLM_SOURCE_DIR) + "/models/nano";

TEST(Readme, BothLanguagesTypeAndShowTheSame) {
  const auto english = named_blocks("../README.md"), chinese = named_blocks("../README.zh.md");
  for (const char* name : {"first", "output", "long"}) {
    ASSERT_TRUE(english.contains(name)) << name;
    EXPECT_EQ(english.at(name), chinese.count(name) ? chinese.at(name) : "") << name;
  }
}

TEST(Readme, CommandsRunAndFiguresComeOfThem) {
  const Scratch scratch;
  const auto blocks = named_blocks("../README.md");
  std::string printed;
  int count = 0;
  for (const char* name : {"first", "long"})
    for (const std::vector<std::string>& words :
         commands_of(blocks.at(name), {{"DIR", nano()}, {"YOURTEXT", kText}})) {
      const Outcome outcome = run(scratch, words);
      EXPECT_EQ(outcome.exit_code, 0) << ::testing::PrintToString(words) << outcome.err;
      if (count++ == 0) printed = unwrapped(outcome.out);
    }
  EXPECT_EQ(count, 4);
  const std::string shown = blocks.at("output");
  const std::regex figure(R"(\d+\.\d+)");
  int figures = 0;
  for (std::sregex_iterator at(shown.begin(), shown.end(), figure), end; at != end; ++at, ++figures)
    EXPECT_THAT(printed, HasSubstr(at->str()));
  EXPECT_EQ(figures, 6);
}

/// Words in `code` of a table's first column below that heading.
std::set<std::string> first_column(const std::string& page, const std::string& heading) {
  std::set<std::string> words;
  std::istringstream lines(slurp(std::string(FLM_SOURCE_DIR) + "/docs/" + page));
  bool below = false;
  const std::regex code("`([^`]+)`");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) below = line == "## " + heading;
    if (!below || !line.starts_with("| `")) continue;
    const std::string cell = line.substr(0, line.find(" | "));
    for (std::sregex_iterator at(cell.begin(), cell.end(), code), end; at != end; ++at)
      words.insert((*at)[1]);
  }
  return words;
}

std::set<std::string> keys_of(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

TEST(ResultsDocument, HasEveryKeyAndNoOther) {
  const Scratch scratch;
  const Outcome outcome = run(scratch, {"run", "--model", nano(), "--tasks", "bpb", "--data", kText,
                                        "--limit", "1", "--output", "out"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json results = read_json_file((scratch / "out/results.json").string());
  std::set<std::string> theirs = keys_of(results);
  EXPECT_EQ(theirs.erase("flmeval"), 1u);
  EXPECT_EQ(first_column("results.md", "lm-evaluation-harness's keys"), theirs);
  EXPECT_EQ(first_column("results.md", "Ours, below `flmeval`"), keys_of(results.at("flmeval")));
}

}  // namespace
}  // namespace flm::testing
