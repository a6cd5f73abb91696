// README.md and README.zh.md keep their word: the same commands, which are run, and figures that
// come of them; docs/results.md has the keys of a results file, and its command reads one.
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

std::set<std::string> keys_of(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

/// Every key that is written stands in the table, and none but those that are written sometimes
/// only.
void expect_keys(const std::string& heading, const std::set<std::string>& written) {
  const std::map<std::string, bool> table = keys_below("results.md", heading);
  for (const std::string& key : written) EXPECT_TRUE(table.contains(key)) << heading << ": " << key;
  for (const auto& [key, only] : table)
    EXPECT_TRUE(only || written.contains(key)) << heading << ": " << key;
}

TEST(ResultsDocument, HasEveryKeyAndNoOther) {
  const Scratch scratch;
  const Outcome outcome = run(scratch, {"run", "--model", nano(), "--tasks", "bpb", "--data", kText,
                                        "--limit", "1", "--output", "out"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json results = read_json_file((scratch / "out/results.json").string());
  std::set<std::string> theirs = keys_of(results);
  EXPECT_EQ(theirs.erase("flmeval"), 1u);
  expect_keys("lm-evaluation-harness's keys", theirs);
  const Json& ours = results.at("flmeval");
  expect_keys("Ours, below `flmeval`", keys_of(ours));
  expect_keys("`flmeval.cost`", keys_of(ours.at("cost")));
  expect_keys("`flmeval.engine`", keys_of(ours.at("engine")));
  expect_keys("`flmeval.hashes`", keys_of(ours.at("hashes").begin().value()));
  const Json again = [&] {
    EXPECT_EQ(run(scratch, {"run", "--again", "latest", "--output", "again"}).exit_code, 0);
    return read_json_file((scratch / "again/results.json").string());
  }();
  const Json &first = ours.at("cost"), &second = again.at("flmeval").at("cost");
  EXPECT_EQ(second.at("rows_computed"), first.at("rows_computed")) << "planned, as the page says";
  EXPECT_EQ(first.at("rows_really_computed"), first.at("rows_computed"));
  EXPECT_EQ(second.at("rows_really_computed"), 0);
}

/// The page's jq, on a run with groups and on one without.
TEST(ResultsDocument, IsReadAsItSays) {
  if (std::system("jq --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "skipped: no jq";
  const Scratch scratch;
  std::string line = named_blocks("results.md").at("commands");
  line = line.substr(0, line.find('\n'));
  ASSERT_TRUE(line.starts_with("jq ")) << line;
  for (const char* tasks : {"bpb", "hellaswag"}) {
    const Outcome outcome = run(scratch, {"run", "--model", nano(), "--tasks", tasks, "--limit",
                                          "1", "--output", tasks, "--quiet"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    std::string typed = line;
    typed.replace(typed.find("runs/ID"), 7, (scratch / tasks).string());
    const std::string out = (scratch / "jq.out").string();
    EXPECT_EQ(std::system((typed + " >" + out).c_str()), 0) << typed;
    EXPECT_THAT(slurp(out), HasSubstr(tasks));
  }
}

}  // namespace
}  // namespace flm::testing
