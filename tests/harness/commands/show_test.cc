// flmeval show: the requests of a task, and what a run answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Two choices, of which the right one's index is another's text.
void write_digits(const Scratch& scratch, const std::string& path, const std::string& more = "") {
  scratch.write("rows.jsonl", "{\"q\": \"one less than two?\", \"answer\": \"1\"}\n");
  scratch.write(path,
                "task: digits\ndataset_path: json\n"
                "dataset_kwargs: {data_files: {test: rows.jsonl}}\ntest_split: test\n"
                "output_type: multiple_choice\ndoc_to_text: q\n"
                "doc_to_choice: [\"1\", \"2\"]\n" +
                    (more.empty() ? "doc_to_target: 1\n" : more));
}

// lm_eval 0.4.13: an int is an index, a column's text is looked for among the choices.
TEST(Show, StarsTheChoiceThatCountsAsRight) {
  const Scratch scratch;
  write_digits(scratch, "index.yaml");
  write_digits(scratch, "text.yaml", "doc_to_target: answer\n");
  const Outcome index = run(scratch, {"show", "--tasks", "index.yaml"});
  EXPECT_EQ(index.exit_code, 0) << index.err;
  EXPECT_THAT(index.out, HasSubstr("--- choices, * = gold\n  0  \" 1\"\n* 1  \" 2\"\n"));
  EXPECT_THAT(run(scratch, {"show", "--tasks", "text.yaml"}).out,
              HasSubstr("--- choices, * = gold\n* 0  \" 1\"\n  1  \" 2\"\n"));
}

// lm_eval's evaluator.py leaves such a task as it is, too, and says so.
TEST(Show, SaysWhichTasksKeepTheirZeroShots) {
  const Scratch scratch;
  write_digits(scratch, "zero.yaml", "doc_to_target: 1\nnum_fewshot: 0\n");
  write_digits(scratch, "free.yaml");
  const Outcome kept = run(scratch, {"show", "--tasks", "zero.yaml", "--num-fewshot", "1"});
  EXPECT_EQ(kept.exit_code, 0) << kept.err;
  EXPECT_THAT(kept.err,
              HasSubstr("0 shots as the task file says, not --num-fewshot 1, which leaves "
                        "num_fewshot: 0 as it is: digits\n"));
  EXPECT_THAT(run(scratch, {"show", "--tasks", "zero.yaml", "--num-fewshot", "0"}).err, IsEmpty());
  EXPECT_THAT(run(scratch, {"show", "--tasks", "free.yaml", "--num-fewshot", "0"}).err, IsEmpty());
}

/// The run's own tasks have names, whatever --tasks was.
TEST(Show, KnowsTheTasksOfARunByName) {
  const Scratch scratch;
  fs::create_directories(scratch / "own");
  fs::create_directories(scratch / "elsewhere");
  scratch.write("rows.jsonl", "");
  write_digits(scratch, "own/digits.yaml");
  fs::rename(scratch / "rows.jsonl", scratch / "own/rows.jsonl");
  const Outcome made =
      run(scratch, {"run", "--model", nano(), "--tasks", "own/digits.yaml,bpb_en_books", "--limit",
                    "1", "--name", "r", "--quiet"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const Outcome one = run(scratch, {"show", "--run", "r", "--tasks", "digits"});
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out, AllOf(HasSubstr("=== digits document 0"), HasSubstr("--- results"),
                             Not(HasSubstr("bpb_en_books"))));
  EXPECT_THAT(run(scratch, {"show", "--run", "r", "--tasks", "bpb_en_books"}).out,
              AllOf(HasSubstr("=== bpb_en_books document 0"), Not(HasSubstr("digits"))));
  EXPECT_EQ(run(scratch, {"show", "--run", "r", "--wrong", "--tasks", "digits"}).exit_code, 0);
  EXPECT_THAT(run(scratch, {"show", "--run", "r", "--tasks", "digit"}).err,
              HasSubstr("has other tasks: bpb_en_books, digits"));
}

/// A model whose files ask for what is not done.
/// What the reference does and is not done here changes figures: silence would hide it.
TEST(Quiet, KeepsWhatIsNotDoneOfTheTokenizersFiles) {
  const Scratch scratch;
  fs::copy(nano(), scratch / "model", fs::copy_options::recursive);
  scratch.write("model/generation_config.json", "{\"no_repeat_ngram_size\": 3}");
  scratch.write("text.txt", "The rain");
  const std::vector<std::vector<std::string>> commands = {
      {"tokenize", "--model", "model", "--text", "a"},
      {"score", "--model", "model", "--text", "text.txt"},
      {"generate", "--model", "model", "--prompt", "The", "--max-new-tokens", "1"},
      {"show", "--model", "model", "--tasks", "hellaswag", "--limit", "1"},
      {"plan", "--model", "model", "--tasks", "hellaswag", "--limit", "1"},
      {"run", "--model", "model", "--tasks", "hellaswag", "--limit", "1"}};
  for (std::vector<std::string> command : commands) {
    EXPECT_THAT(run(scratch, command).err, HasSubstr("no_repeat_ngram_size")) << command[0];
    command.push_back("--quiet");
    const Outcome quiet = run(scratch, command);
    EXPECT_EQ(quiet.exit_code, 0);
    EXPECT_THAT(quiet.err, HasSubstr("no_repeat_ngram_size")) << command[0];
  }
}

}  // namespace
}  // namespace flm::testing
