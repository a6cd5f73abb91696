// What the program says before anything is computed: plan, tasks show, data; and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/documents/json.h"
#include "reports/figures/display_width.h"
#include "tests/harness/document.h"
#include "tests/harness/on_terminal.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Two documents, two choices each.
TEST(TasksShow, HasTheCostWithoutAModel) {
  const Scratch scratch;
  scratch.write("rows.jsonl", "{\"q\": \"aaaa\"}\n{\"q\": \"aabb\"}\n");
  const std::string keys =
      "dataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\ntest_split: test\n";
  scratch.write("letters.yaml", "task: letters\n" + keys +
                                    "output_type: multiple_choice\ndoc_to_text: q\n"
                                    "doc_to_choice: [x, yy]\ndoc_to_target: 0\n");
  scratch.write("written.yaml", "task: written\n" + keys +
                                    "output_type: generate_until\nrepeats: 3\ndoc_to_text: q\n"
                                    "doc_to_target: q\ngeneration_kwargs: {max_gen_toks: 7}\n");
  const Outcome letters = run(scratch, {"tasks", "show", "letters.yaml", "--json"});
  ASSERT_EQ(letters.exit_code, 0) << letters.err;
  // "aaaa x", "aaaa yy", "aabb x", "aabb yy"; sorted, 6, 2, 4 and 2 bytes are not of the one
  // before.
  EXPECT_EQ(parse_json(letters.out, "facts")[0].at("cost").dump(),
            R"({"requests":4,"bytes":26,"bytes_unique":14,"most_new_tokens":0})");
  const Outcome written = run(scratch, {"tasks", "show", "written.yaml"});
  EXPECT_THAT(written.out, AllOf(HasSubstr("2 requests, about 2 tokens, 1 of them to compute, at 4 "
                                           "bytes a token; at most 42 tokens to generate"),
                                 HasSubstr("flmeval plan --model DIR --tasks written.yaml")));
}

TEST(Plan, HasALineForEachGroupAndWordsForKeys) {
  const Scratch scratch;
  const Outcome plan = run(scratch, {"plan", "--model", nano(), "--tasks", "bpb_en_books,mmlu",
                                     "--limit", "1", "--num-fewshot", "0"});
  ASSERT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(plan.out,
              AllOf(::testing::StartsWith("bpb_en_books  1 document, 1 request; the longest "),
                    HasSubstr("\nmmlu          57 tasks, 57 documents, 228 requests; the longest "),
                    HasSubstr(" beyond the context, not scored\n"), HasSubstr("\nmemory "),
                    HasSubstr(" expected ("), Not(HasSubstr("mmlu_anatomy")),
                    Not(HasSubstr("rows_unique"))));
}

/// 1 where it is incomplete, 2 where it is refused (docs/checkpoints.md): who waits asks for 1.
TEST(Model, OfACopyThatHasOnlyBegunSaysSoByItsExitCode) {
  const Scratch scratch;
  fs::create_directories(scratch / "root/step_1");
  scratch.write("root/step_1/config.json", "{}");
  for (const char* action : {"show", "verify"})
    for (const char* folder : {"root", "root/step_1"}) {
      const Outcome seen = run(scratch, {"model", action, folder});
      EXPECT_EQ(seen.exit_code, 1) << action << " " << folder << ": " << seen.err;
      EXPECT_THAT(seen.err, HasSubstr("incomplete: no weights in root/step_1: expected "));
    }
  scratch.write("root/step_1/model.gguf", "GGUF");
  EXPECT_EQ(run(scratch, {"model", "show", "root/step_1"}).exit_code, 2);
}

TEST(Model, WithoutATokenizerSaysHowToGiveOne) {
  const Scratch scratch;
  fs::create_directories(scratch / "bare");
  for (const char* name : {"config.json", "model.safetensors"})
    fs::copy(nano() + "/" + name, scratch / "bare");
  const Outcome outcome =
      run(scratch, {"run", "--model", "bare", "--tasks", "hellaswag", "--limit", "1"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("no tokenizer: "), HasSubstr("--tokenizer DIR"),
                                 ::testing::EndsWith(": bare\n")));
}

/// (z.975 + z.8) sqrt(1/2 / n) of 20 shares; of 3 it is above 1, and bits per byte are no share.
TEST(Plan, SaysADifferenceOnlyWhereOneIsBounded) {
  const Scratch scratch;
  const auto seen = [&](const std::string& task, const std::string& limit) {
    const Outcome plan = run(scratch, {"plan", "--model", nano(), "--tasks", task, "--limit", limit,
                                       "--json", "--num-fewshot", "0"});
    EXPECT_EQ(plan.exit_code, 0) << plan.err;
    return parse_json(plan.out, "plan")["tasks"][0]["smallest_detectable_difference"];
  };
  EXPECT_NEAR(seen("hellaswag", "20").get<double>(), 0.4429695, 1e-6);
  EXPECT_TRUE(seen("hellaswag", "3").is_null());
  EXPECT_TRUE(seen("bpb_en_stackexchange", "16").is_null());
}

/// /proc has no room for anything.
TEST(Plan, OfARunThatHasNoRoomIsNotPrinted) {
  const Scratch scratch;
  const Outcome plan = run(scratch, {"plan", "--model", nano(), "--tasks", "hellaswag", "--limit",
                                     "2", "--json", "--store", "/proc/flmeval.db"});
  EXPECT_EQ(plan.exit_code, 2);
  EXPECT_EQ(plan.out, "");
  EXPECT_THAT(plan.err, ::testing::EndsWith(
                            " of disk, 0 GiB are free; make room or give --store on another disk: "
                            "/proc/flmeval.db\n"));
}

TEST(DataVerify, SaysAWordForEachSet) {
  const Scratch scratch;
  fs::create_directories(scratch / "data/gsm8k");
  scratch.write("data/gsm8k/test.jsonl", "{}\n");
  const Outcome changed = run(scratch, {"data", "verify", "gsm8k", "--data", "data"});
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.out, HasSubstr("gsm8k                 differs  data/gsm8k\n"));
  // A set that is asked for by name has to be there; of all sets a root has those it wants.
  EXPECT_EQ(run(scratch, {"data", "verify", "mbpp", "--data", "data"}).exit_code, 1);
  EXPECT_EQ(run(scratch, {"data", "list", "mbpp", "--data", "data"}).exit_code, 0);
  fs::create_directories(scratch / "empty");
  EXPECT_EQ(run(scratch, {"data", "verify", "--data", "empty"}).exit_code, 0);
  const Outcome samples = run(scratch, {"data", "verify", "gsm8k"});
  EXPECT_EQ(samples.exit_code, 1) << "no set of this name is there";
  EXPECT_THAT(samples.out,
              AllOf(HasSubstr("  sample  built-in sample\n"),
                    HasSubstr("flmeval data fetch gsm8k --data DIR"), Not(HasSubstr("sha256"))));
  EXPECT_EQ(run(scratch, {"data", "verify"}).exit_code, 0) << "nobody asked for a set by name";
  EXPECT_THAT(run(scratch, {"data", "list", "bbh"}).out,
              HasSubstr("27 files have known checksums; check: flmeval data verify bbh\n"));
  EXPECT_THAT(run(scratch, {"data", "fetch", "gsm8k", "nonsense", "--data", "data"}).err,
              HasSubstr("no such data set; see flmeval data list (asked: nonsense)"));
}

/// Bits per byte of some text are not WikiText's, and no model makes them so. What is shown, or was
/// answered elsewhere, is told of.
TEST(Substitutes, AreRefusedToAModel) {
  const Scratch scratch;
  fs::create_directories(scratch / "data/bpb/en");
  fs::create_directories(scratch / "other/bpb/en");
  scratch.write("data/bpb/en/wikipedia.jsonl", "{\"text\": \"A page of text.\"}\n");
  scratch.write("other/bpb/en/wikipedia.jsonl", "{\"text\": \"Another page.\"}\n");
  const std::vector<std::string> task = {"--tasks", "wikitext", "--data", "data"};
  for (const char* command : {"run", "plan"}) {
    std::vector<std::string> words = {command, "--model", nano()};
    words.insert(words.end(), task.begin(), task.end());
    const Outcome refused = run(scratch, words);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("not WikiText-2"),
                                   HasSubstr("type: flmeval data fetch wikitext --data data"),
                                   HasSubstr("--tasks bpb_en_wikipedia (asked: wikitext)")));
  }
  EXPECT_THAT(run(scratch, {"tasks", "show", "wikitext", "--data", "data"}).out,
              HasSubstr("data        refused: data set wikitext: not WikiText-2"));
  const Outcome shown = run(scratch, {"show", "--tasks", "wikitext", "--data", "data"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.err, HasSubstr("not WikiText-2"));
  const Outcome own = run(scratch, {"run", "--model", nano(), "--tasks", "bpb_en_wikipedia",
                                    "--data", "data", "--quiet"});
  EXPECT_EQ(own.exit_code, 0) << own.err;
  const Outcome elsewhere =
      run(scratch, {"show", "--run", "latest", "--tasks", "bpb_en_wikipedia", "--data", "other"});
  EXPECT_EQ(elsewhere.exit_code, 2);
  EXPECT_THAT(elsewhere.err, HasSubstr("document 0; it used --data data: add it"));
  const Outcome another = run(scratch, {"show", "--run", "latest", "--tasks", "gsm8k"});
  EXPECT_EQ(another.exit_code, 2);
  EXPECT_THAT(another.err, HasSubstr("has other tasks: bpb_en_wikipedia; leave out --run to show a "
                                     "task alone (--tasks gsm8k)"));
}

/// A run takes a folder of task files, and so does what checks them.
TEST(TasksValidate, TakesAFolderAndNamesTheNearest) {
  const Scratch scratch;
  fs::create_directory(scratch / "own");
  scratch.write("own/rows.jsonl", "{\"q\": \"a\"}\n");
  scratch.write("own/_keys.yaml",
                "dataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n"
                "test_split: test\noutput_type: generate_until\ndoc_to_target: q\n");
  scratch.write("own/a.yaml", "include: _keys.yaml\ntask: a\ndoc_to_text: q\n");
  EXPECT_EQ(run(scratch, {"tasks", "validate", "own"}).out, "1 file(s), nothing found\n");
  scratch.write("own/b.yaml", "include: _keys.yaml\ntask: b\ndoc_to_txt: q\n");
  scratch.write("own/c.yaml", "task: [\n");
  const Outcome outcome = run(scratch, {"tasks", "validate", "own"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("own/b.yaml:3: unknown key doc_to_txt"),
                                 HasSubstr("own/c.yaml:"), Not(HasSubstr("own/a.yaml"))));
  EXPECT_THAT(run(scratch, {"tasks", "validate", "hellaswg"}).err,
              HasSubstr("did you mean hellaswag?"));
}

TEST(Show, ADocumentBeyondTheLastIsToldHowManyThereAre) {
  const Outcome beyond = run(Scratch(), {"show", "--tasks", "gsm8k", "--doc", "50"});
  EXPECT_EQ(beyond.exit_code, 2);
  EXPECT_THAT(beyond.err, HasSubstr("(gsm8k has 20 documents): --doc 50"));
}

TEST(Show, ATokenizerIsEnough) {
  std::vector<std::string> words = {"show", "--tasks", "hellaswag",   "--doc",
                                    "0",    "--json",  "--tokenizer", FLM_NANO_DIR "/step_01600"};
  for (const bool replayed : {false, true}) {
    if (replayed) words.insert(words.end(), {"--model", "replay:nowhere.jsonl"});
    const Outcome shown = run(Scratch(), words);
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("\"pieces\":[\"R\"")) << replayed;
    EXPECT_THAT(shown.err, HasSubstr("context limit is not known here")) << replayed;
  }
}

/// Lines that the program writes to a terminal of so many columns; what it says on stderr is left
/// out.
std::vector<std::string> lines_on_terminal(const Scratch& scratch, unsigned short columns,
                                           std::vector<std::string> words) {
  const std::string text = on_terminal(scratch, columns, std::move(words), [] {
    if (!freopen("/dev/null", "w", stderr)) _exit(126);
  });
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    line.erase(line.find_last_not_of('\r') + 1);
    lines.push_back(line);
  }
  return lines;
}

TEST(Terminal, WhatIsLookedAtFitsItsColumns) {
  const Scratch scratch;
  const std::vector<std::vector<std::string>> commands = {
      {"data", "list"},
      {"doctor"},
      {"tasks", "list", "mmlu*"},
      {"tasks", "show", "mmlu", "gsm8k"},
      {"plan", "--model", nano(), "--tasks", "mmlu_anatomy", "--on", "8xh100"},
      {"bench", "list", "--filter", "gemm_qkv|norm"}};
  for (const auto& command : commands)
    for (const unsigned short columns : {20, 40, 60, 80}) {
      const std::vector<std::string> lines = lines_on_terminal(scratch, columns, command);
      EXPECT_GT(lines.size(), 3u) << command[0];
      for (const std::string& line : lines)
        EXPECT_LE(display_width(line), columns) << command[0] << ": " << line;
    }
}

}  // namespace
}  // namespace flm::testing
