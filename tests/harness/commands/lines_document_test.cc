// docs/lines.md keeps its word: its keys are those that the commands write, and those of its lines
// are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/documents/json.h"
#include "tests/harness/document.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using Keys = std::set<std::string>;

/// a.b of an object in an object or in a list of objects; nothing below those of `whole`.
void gather(const Json& value, const std::string& path, const Keys& whole, Keys& out) {
  if (whole.contains(path)) return;
  if (value.is_array())
    for (const Json& item : value) gather(item, path, whole, out);
  if (!value.is_object()) return;
  for (const auto& [key, item] : value.items()) {
    const std::string below = path.empty() ? key : path + "." + key;
    const bool goes_on = !whole.contains(below) &&
                         (item.is_object() || (item.is_array() && !item.empty() &&
                                               (item[0].is_object() || item[0].is_null())));
    if (!goes_on) out.insert(below);
    gather(item, below, whole, out);
  }
}

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out.push_back(parse_json(line, "line"));
  return out;
}

class LinesDocument : public ::testing::Test {
 protected:
  Outcome done(const std::vector<std::string>& words) const {
    const Outcome outcome = run(scratch, words);
    EXPECT_EQ(outcome.exit_code, 0) << ::testing::PrintToString(words) << outcome.err;
    return outcome;
  }
  /// What is written stands below the heading, and what stands there is written, but for "only".
  static void expect_keys(const std::string& heading, const std::vector<Json>& written,
                          const Keys& whole = {}) {
    const std::map<std::string, bool> table = keys_below("lines.md", heading);
    EXPECT_FALSE(table.empty()) << heading;
    Keys keys;
    for (const Json& one : written) gather(one, "", whole, keys);
    for (const std::string& key : keys) EXPECT_TRUE(table.contains(key)) << heading << ": " << key;
    for (const auto& [key, only] : table)
      EXPECT_TRUE(only || keys.contains(key)) << heading << ": " << key;
  }
  void two_runs() const {
    for (const char* step : {"step_00800", "step_01600"})
      done({"run", "--model", nano(step), "--tasks", "hellaswag,bpb_en_books", "--limit", "3",
            "--name", step, "--quiet"});
  }

  const Scratch scratch;
};

TEST_F(LinesDocument, ItsCommandsRun) {
  scratch.write("lines.jsonl", "{\"tokens\": [5, 6, 7]}\n{\"id\": \"b\", \"text\": \"a word\"}\n");
  scratch.write("prompts.jsonl", "{\"prompt\": \"a\"}\n");
  scratch.write("texts.jsonl", "{\"text\": \"a\"}\n");
  const auto commands = commands_of(named_blocks("lines.md").at("commands"), {{"DIR", nano()}});
  EXPECT_EQ(commands.size(), 3u);
  for (const std::vector<std::string>& words : commands) done(words);
}

TEST_F(LinesDocument, Score) {
  Json long_line;
  for (int i = 0; i < 600; ++i) long_line["tokens"].push_back(5 + i);
  long_line["first_scored"] = 400;
  scratch.write("s.jsonl", "{\"id\": 7, \"tokens\": [5, 6, 7]}\n{\"text\": \"word\"}\n" +
                               compact_json(long_line) + "\n");
  const std::vector<Json> answers =
      lines_of(done({"score", "--model", nano(), "--tokens", "s.jsonl", "--top", "2", "--over-long",
                     "truncate-left"})
                   .out);
  ASSERT_EQ(answers.size(), 3u);
  expect_keys("`score`: lines out", answers);
  EXPECT_EQ(answers[0]["id"], 7);
  EXPECT_EQ(answers[0]["logprobs"].size(), 3u);
  EXPECT_TRUE(answers[0]["logprobs"][0].is_null());
  EXPECT_EQ(answers[2].at("cut"), 600 - 1 - 512);
  EXPECT_EQ(answers[2].at("first_scored"), 400 - 87);
  EXPECT_EQ(answers[2].at("logprobs").size(), 200u);
  scratch.write("bad.jsonl", "{\"tokens\": [5, 99999]}\n");
  const Outcome bad = run(scratch, {"score", "--model", nano(), "--tokens", "bad.jsonl"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_EQ(lines_of(bad.out).at(0).at("id"), 0);
  EXPECT_TRUE(lines_of(bad.out).at(0).contains("error"));
}

/// Every key of the table is taken, and no other is.
TEST_F(LinesDocument, Generate) {
  const Json values = {{"id", 1},
                       {"prompt", "a"},
                       {"tokens", {5, 6}},
                       {"max_new_tokens", 2},
                       {"stop", "xyz"},
                       {"ignore_eos", true},
                       {"temperature", 0.5},
                       {"top_k", 3},
                       {"top_p", 0.9},
                       {"repetition_penalty", 1.1},
                       {"seed", 3}};
  std::string lines;
  for (const auto& [key, only] : keys_below("lines.md", "`generate`: lines in")) {
    ASSERT_TRUE(values.contains(key)) << key;
    Json line = {{key, values[key]}};
    if (key != "prompt" && key != "tokens") line["prompt"] = "a";
    if (key != "max_new_tokens") line["max_new_tokens"] = 1;
    lines += compact_json(line) + "\n";
  }
  EXPECT_EQ(keys_below("lines.md", "`generate`: lines in").size(), values.size());
  scratch.write("p.jsonl", lines);
  expect_keys("`generate`: lines out",
              lines_of(done({"generate", "--model", nano(), "--prompts", "p.jsonl"}).out));
}

TEST_F(LinesDocument, TokenizeAndShow) {
  expect_keys("`tokenize`: lines out",
              lines_of(done({"tokenize", "--model", nano(), "--text", "a word"}).out));
  done({"run", "--model", nano(), "--tasks", "hellaswag", "--limit", "1", "--quiet"});
  const Keys whole = {"generation", "results"};
  expect_keys("`show --json`: a line a request",
              lines_of(done({"show", "--tasks", "hellaswag", "--doc", "0", "--json"}).out), whole);
  expect_keys("`show --json`: a line a request",
              lines_of(done({"show", "--run", "latest", "--model", nano(), "--json"}).out), whole);
}

TEST_F(LinesDocument, OfStoredRuns) {
  two_runs();
  expect_keys("`runs --json`", {parse_json(done({"runs", "--json"}).out, "runs")}, {"scores"});
  expect_keys("`compare --json`", [&] {
    Json out =
        parse_json(done({"compare", "step_00800", "step_01600", "--all", "--json"}).out, "c");
    out["groups"] = Json::array({{{"group", "bpb"}}});  // the page says that of tasks of them
    return std::vector<Json>{out};
  }());
  scratch.write("gate.yaml",
                "version: 1\nrules:\n  - {task: hellaswag, metric: acc, max_worse: 0.9}\n");
  expect_keys(
      "`gate --json`",
      {parse_json(run(scratch, {"gate", "gate.yaml", "step_00800", "step_01600", "--json"}).out,
                  "gate")});
}

TEST_F(LinesDocument, PlanAndTrack) {
  expect_keys(
      "`plan --json`",
      {parse_json(
          done({"plan", "--model", nano(), "--tasks", "hellaswag", "--limit", "2", "--json"}).out,
          "plan")});
  const std::vector<std::string> track = {"track",    "--series", nano("step_0[01][68]00"),
                                          "--tasks",  "bpb",      "--limit",
                                          "1",        "--name",   "t",
                                          "--smooth", "400",      "--json",
                                          "--quiet"};
  const Json curves = parse_json(done(track).out, "track");
  expect_keys("`track --json`", {curves}, {"series.curves.gaps", "series.curves.spikes"});
  EXPECT_EQ(curves, read_json_file((scratch / "runs/track-t/curves.json").string()));
}

}  // namespace
}  // namespace flm::testing
