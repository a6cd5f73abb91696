// The pages keep their word: what can run of their commands runs, and no command or flag stands in
// them that the program does not have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/documents/json.h"
#include "harness/cli/command_table.h"
#include "harness/cli/lm_eval/flags.h"
#include "tests/harness/document.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

const std::string kSource = FLM_SOURCE_DIR;

/// In a folder that has what the pages take of the repository's models: two of the six checkpoints,
/// or their series would take most of the tests' time.
class Documents : public ::testing::Test {
 protected:
  Documents() {
    fs::create_directories(scratch / "models/nano");
    for (const char* name : {"step_00800", "step_01600", "bpb"})
      fs::create_directory_symlink(kSource + "/models/nano/" + name,
                                   scratch / (std::string("models/nano/") + name));
  }

  /// The last one's outcome.
  Outcome run_block(const std::string& page, const std::string& name, std::size_t commands) {
    const Placeholders placeholders = {
        {"DIR", nano()}, {"YOURTEXT", "models/nano"}, {"DATA", "models/nano"}, {"ID", "latest"},
        {"NAME", "bpb"}, {"FILE", "capitals.yaml"},   {"TASKS", "bpb"}};
    const auto lines = commands_of(named_blocks(page).at(name), placeholders);
    EXPECT_EQ(lines.size(), commands) << page;
    Outcome outcome;
    for (const Words& words : lines) {
      outcome = run(scratch, words);
      EXPECT_EQ(outcome.exit_code, 0) << page << ": " << ::testing::PrintToString(words) << "\n"
                                      << outcome.err;
    }
    return outcome;
  }

  const Scratch scratch;
};

/// One after the other in one folder: what one has answered the next need not compute.
TEST_F(Documents, CommandsOverNanoRun) {
  run_block("track.md", "first", 1);
  EXPECT_THAT(slurp(scratch / "runs/track-nano/curves.html"), HasSubstr("<svg"));
  run_block("track.md", "runs", 3);
  EXPECT_TRUE(fs::exists(scratch / "last-step/samples_bpb_en_books.jsonl"));
  EXPECT_THAT(run_block("compare.md", "commands", 3).out, HasSubstr("hellaswag"));
  EXPECT_THAT(run_block("install.md", "score", 1).out, HasSubstr("bpb_macro"));
  EXPECT_THAT(run_block("results.md", "commands", 1).out, HasSubstr("bpb_en_books"));
  EXPECT_THAT(run_block("data.md", "commands", 3).out, HasSubstr("bits"));
  for (const char* file : {"capitals.yaml", "capitals.jsonl"})
    scratch.write(file, named_blocks("tasks.md").at(file));
  EXPECT_THAT(run_block("troubleshooting.md", "commands", 5).out, HasSubstr("expected"));
}

/// The words of each `flmeval ...` of a shell's block, to the next `|`, `>`, `)` or comment.
std::vector<Words> calls_in(const std::string& block) {
  std::vector<Words> calls;
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find("flmeval ");
    if (at == std::string::npos) continue;
    const bool quoted = line.find('\'') != std::string::npos;  // an expression has such signs
    const std::size_t end =
        std::min(line.find(" #", at), quoted ? std::string::npos : line.find_first_of("|>)", at));
    calls.push_back(shell_words(line.substr(at + 8, end - at - 8)));
  }
  return calls;
}

TEST_F(Documents, WhatAShellIsGivenIsMade) {
  const std::vector<Words> calls = calls_in(named_blocks("command-line.md").at("commands"));
  EXPECT_EQ(calls.size(), 4u);
  for (const Words& words : calls) {
    const Outcome outcome = run(scratch, words);
    EXPECT_EQ(outcome.exit_code, 0) << ::testing::PrintToString(words) << outcome.err;
    EXPECT_GT(outcome.out.size(), 500u) << ::testing::PrintToString(words);
  }
}

/// The list and the one row run; the others take minutes, and their flags must be there.
TEST_F(Documents, BenchRunsAsItsPageSays) {
  if (!fs::exists(fs::path(FLM_PROGRAM).parent_path() / "flmeval-bench"))
    GTEST_SKIP() << "skipped: built without flmeval-bench";
  int ran = 0;
  std::string block = named_blocks("benchmarks.md").at("commands");
  const std::string two = "/threads:2";  // all there are on the page's machine
  block.replace(block.find(two), two.size(), "/threads:1");
  for (const Words& words : calls_in(block)) {
    ASSERT_GE(words.size(), 2u);
    const std::string help = run(scratch, {"bench", words[1], "--help"}).out;
    for (const std::string& word : words)
      if (word.starts_with("--")) {
        EXPECT_THAT(help, HasSubstr(word + " ")) << ::testing::PrintToString(words);
      }
    const bool one_row = std::any_of(words.begin(), words.end(),
                                     [](const std::string& word) { return word.ends_with("$"); });
    if (words[1] != "list" && !one_row) continue;
    const Outcome outcome = run(scratch, words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("gemm_down/52b-tp8/cpu/bf16w/T:4/cold/threads:"));
    ++ran;
  }
  EXPECT_EQ(ran, 2);
}

/// Those of blocks and those within the text.
std::vector<Words> commands_in(const std::string& page) {
  std::istringstream lines(slurp(page));
  std::string blocks, prose, line;
  for (bool inside = false; std::getline(lines, line);) {
    if (line.starts_with("```")) inside = !inside;
    (inside ? blocks : prose) += line + (inside ? "\n" : " ");
  }
  std::vector<Words> commands = commands_of(blocks, {});
  std::istringstream parts(prose);
  for (bool code = false; std::getline(parts, line, '`'); code = !code)
    if (code)
      for (Words& words : commands_of(line, {})) commands.push_back(std::move(words));
  return commands;
}

bool is_flag_of(const CommandEntry& command, const std::string& flag) {
  if (flag == "--help" || find_lm_eval_flag(flag.substr(2))) return true;
  return std::any_of(command.flags.begin(), command.flags.end(), [&](const FlagEntry& known) {
    const Words& accepted = known.accepted;
    return known.name == flag ||
           std::find(accepted.begin(), accepted.end(), flag) != accepted.end();
  });
}

/// The program of its own that `flmeval bench` starts has its flags in docs/benchmarks.md.
void expect_known(const Words& words, const std::vector<CommandEntry>& table,
                  const std::string& where) {
  static const Words others = {"lm_eval", "bench", "help"};
  if (words.empty() || std::find(others.begin(), others.end(), words[0]) != others.end()) return;
  const CommandEntry* command =
      words.size() > 1 ? find_command(table, words[0] + " " + words[1]) : nullptr;
  if (!command) command = find_command(table, words[0]);
  ASSERT_TRUE(command) << where << words[0];
  for (const std::string& word : words)
    if (word.starts_with("--")) {
      EXPECT_TRUE(is_flag_of(*command, word.substr(0, word.find('=')))) << where << word;
    }
}

std::vector<std::string> all_pages() {
  std::vector<std::string> pages;
  for (const char* page : {"README.md", "README.zh.md", "CONTRIBUTING.md", "models/nano/README.md"})
    pages.push_back(kSource + "/" + page);
  for (const auto& file : fs::directory_iterator(kSource + "/docs"))
    if (file.path().extension() == ".md") pages.push_back(file.path().string());
  return pages;
}

/// What begins with `beginning` and goes on with letters, digits, _ and -.
std::vector<std::string> words_with(const std::string& beginning, const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = text.find(beginning, at)) != std::string::npos; ++at) {
    std::size_t end = at + beginning.size();
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) ||
                                 text[end] == '_' || text[end] == '-'))
      ++end;
    words.push_back(text.substr(at, end - at));
  }
  return words;
}

/// One binary for each folder of tests: tests/harness/run is test_harness_run.
std::set<std::string> test_binaries() {
  std::set<std::string> names;
  for (const auto& file : fs::recursive_directory_iterator(kSource + "/tests")) {
    if (!file.path().string().ends_with("_test.cc")) continue;
    std::string folder = fs::relative(file.path().parent_path(), kSource + "/tests").string();
    std::replace(folder.begin(), folder.end(), '/', '_');
    names.insert("build/tests/test_" + folder);
  }
  return names;
}

TEST(AllDocuments, NameNoTestOrScriptThatIsNotThere) {
  const std::set<std::string> binaries = test_binaries();
  std::size_t count = 0;
  for (const std::string& page : all_pages()) {
    const std::string text = slurp(page);
    for (const std::string& word : words_with("build/tests/test_", text)) {
      EXPECT_TRUE(binaries.contains(word)) << page << ": " << word;
      ++count;
    }
    for (const std::string& word : words_with("scripts/", text)) {
      EXPECT_TRUE(fs::exists(kSource + "/" + word)) << page << ": " << word;
      ++count;
    }
  }
  EXPECT_GT(count, 30u);
}

/// Fenced blocks without a name that hold commands: no test runs those.
std::size_t blocks_without_name(const std::string& page) {
  std::istringstream lines(slurp(page));
  std::size_t count = 0;
  bool inside = false, named = false, command = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      count += !inside && !named && command;
      named = line.find(' ') != std::string::npos;
      command = false;
    }
    const std::size_t program = line.find("flmeval ");
    const std::string before = line.substr(0, std::min(program, line.size()));
    const bool begins = before.find_first_not_of(" $-") == std::string::npos ||
                        before.ends_with("run: ") || before.starts_with("srun ");
    command = command || (inside && program != std::string::npos && begins);
  }
  return count;
}

TEST(AllDocuments, CommandsThatNoTestRunsAreListedWithTheReason) {
  const std::map<std::string, std::pair<std::size_t, std::string>> kNotRun = {
      {"docs/checkpoints.md",
       {1, "wants a trainer's checkpoint: tests/engine/checkpoint/trainers"}},
      {"docs/distributed.md", {1, "wants Slurm"}},
      {"docs/gate.md", {4, "gate_document_test runs their like; two are for CI services"}},
      {"docs/tasks.md", {1, "tasks_document_test runs the three on every example"}},
      {"docs/track.md", {2, "want a trainer's folder, and go on for ever"}},
  };
  for (const std::string& page : all_pages()) {
    const auto known = kNotRun.find(page.substr(kSource.size() + 1));
    EXPECT_EQ(blocks_without_name(page), known == kNotRun.end() ? 0 : known->second.first) << page;
  }
}

bool is_written(const std::string& flag, const std::string& text) {
  const std::vector<std::string> words = words_with(flag, text);
  return std::find(words.begin(), words.end(), flag) != words.end();
}

TEST(AllDocuments, NameEveryFlag) {
  std::string text;
  for (const std::string& page : all_pages()) text += slurp(page);
  std::size_t count = 0;
  const auto check = [&](const CommandEntry& command) {
    for (const FlagEntry& flag : command.flags) {
      EXPECT_TRUE(is_written(flag.name, text)) << "flmeval " << command.name << " " << flag.name;
      ++count;
    }
  };
  for (const CommandEntry& command : command_table()) {
    check(command);
    for (const CommandEntry& action : command.actions) check(action);
  }
  EXPECT_GT(count, 100u);
}

TEST(AllDocuments, NameEveryFlagOfBench) {
  if (!fs::exists(fs::path(FLM_PROGRAM).parent_path() / "flmeval-bench"))
    GTEST_SKIP() << "skipped: built without flmeval-bench";
  const Scratch scratch;
  const std::string page = slurp(kSource + "/docs/benchmarks.md");
  for (const char* action : {"list", "run", "compare"})
    for (const std::string& flag : words_with("--", run(scratch, {"bench", action, "--help"}).out))
      if (flag != "--help") {
        EXPECT_TRUE(is_written(flag, page)) << action << " " << flag;
      }
}

/// The whole word that ends at `end`.
std::string word_before(const std::string& text, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 &&
         (std::isalnum(static_cast<unsigned char>(text[begin - 1])) || text[begin - 1] == '_'))
    --begin;
  return text.substr(begin, end - begin);
}

/// `test_NAME --gtest_filter='FILTER'`: one that finds nothing passes.
TEST(AllDocuments, FiltersOfTestsFindSome) {
  const Scratch scratch;
  const std::string listed = (scratch / "tests").string(), filter = " --gtest_filter='";
  const fs::path folder = fs::path(FLM_PROGRAM).parent_path() / "tests";
  for (const std::string& page : all_pages()) {
    const std::string text = slurp(page);
    for (std::size_t at = 0; (at = text.find(filter, at)) != std::string::npos; ++at) {
      const fs::path binary = folder / word_before(text, at);
      const std::size_t begin = at + filter.size();
      const std::string pattern = text.substr(begin, text.find('\'', begin) - begin);
      if (!fs::exists(binary)) continue;  // a build of some targets alone
      const std::string line =
          binary.string() + " --gtest_list_tests --gtest_filter='" + pattern + "' >" + listed;
      EXPECT_EQ(std::system(line.c_str()), 0) << line;
      EXPECT_THAT(slurp(listed), HasSubstr("\n  ")) << page << ": " << pattern;
    }
  }
}

/// Those that CONTRIBUTING.md says to have tests are those that CMakePresets.json knows for ctest.
TEST(AllDocuments, NameThePresetsThatHaveTests) {
  const Json presets = read_json_file(kSource + "/CMakePresets.json");
  std::set<std::string> known, written;
  for (const Json& preset : presets.at("testPresets"))
    known.insert(preset.at("name").get<std::string>());
  const std::string page = slurp(kSource + "/CONTRIBUTING.md"), begin = "and for `", end = "then\n";
  const std::size_t at = page.find(begin);
  ASSERT_NE(at, std::string::npos);
  std::istringstream parts(page.substr(at, page.find(end, at) - at));
  std::string part;
  for (bool code = false; std::getline(parts, part, '`'); code = !code)
    if (code) written.insert(part);
  EXPECT_EQ(written, known);
}

/// docs/gpu.md's table of parts leaves out no file of the backend.
TEST(AllDocuments, NameEveryPartOfTheCudaBackend) {
  const std::string page = slurp(kSource + "/docs/gpu.md");
  for (const auto& file : fs::recursive_directory_iterator(kSource + "/engine/cuda")) {
    if (!file.is_regular_file()) continue;
    const std::string stem = file.path().stem().string();
    EXPECT_NE(page.find(stem), std::string::npos) << file.path();
  }
}

/// Flags, and the name that a value gets by them.
TEST(BitsPerByteDocument, NamesAreThoseOfTheProgram) {
  const Scratch scratch;
  std::istringstream lines(slurp(kSource + "/docs/bits-per-byte.md"));
  int names = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t name = line.find("| `bpb@");
    if (!line.starts_with("| ") || name == std::string::npos) continue;
    const std::string metric = line.substr(name + 3, line.find('`', name + 3) - name - 3);
    Words words = {"run",     "--model", nano(),    "--tasks", "bpb_en_arxiv",
                   "--limit", "1",       "--quiet", "--json"};
    std::string flags = line.substr(2, name - 2);
    std::erase(flags, '`');
    for (const std::string& word : shell_words(flags)) words.push_back(word);
    const Outcome outcome = run(scratch, words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(parse_json(outcome.out, "results")
                    .at("results")
                    .at("bpb_en_arxiv")
                    .contains(metric + ",none"))
        << line << "\n"
        << outcome.out.substr(0, 500);
    ++names;
  }
  EXPECT_EQ(names, 7);
}

TEST(AllDocuments, NameNoCommandOrFlagThatIsNotThere) {
  const std::vector<CommandEntry> table = command_table();
  std::size_t count = 0;
  for (const std::string& page : all_pages())
    for (const Words& words : commands_in(page)) {
      expect_known(words, table, page + ": flmeval " + ::testing::PrintToString(words) + " ");
      ++count;
    }
  EXPECT_GT(count, 100u);
}

}  // namespace
}  // namespace flm::testing
