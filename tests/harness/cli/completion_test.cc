// Completion and manual page: made of the table of commands, and understood by those who read them.
#include "harness/cli/texts/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/texts/man_page.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::HasSubstr;

/// stdout of a shell's command in the scratch folder.
std::string output_of(const Scratch& scratch, const std::string& command) {
  const std::string line = "cd '" + scratch.path().string() + "' && " + command;
  FILE* pipe = popen(line.c_str(), "r");
  std::string out;
  for (int c; (c = fgetc(pipe)) != EOF;) out += static_cast<char>(c);
  pclose(pipe);
  return out;
}

bool is_here(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

class Completion : public ::testing::Test {
 protected:
  /// What bash offers behind these words.
  std::string offered(const std::string& words, int at) {
    scratch.write("flmeval.bash", bash_completion(command_table()));
    scratch.write("ask.bash", "source ./flmeval.bash\nCOMP_WORDS=('" FLM_PROGRAM "' " + words +
                                  ")\nCOMP_CWORD=" + std::to_string(at) +
                                  "\n_flmeval\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
    return output_of(scratch, "bash ask.bash 2>&1");
  }
  const Scratch scratch;
};

TEST_F(Completion, BashOffersCommandsActionsFlagsAndChoices) {
  EXPECT_EQ(offered("ru", 1), "run\nruns\n");
  EXPECT_EQ(offered("tasks li", 2), "list\n");
  EXPECT_EQ(offered("run --num", 2), "--num-fewshot\n");
  EXPECT_EQ(offered("run --precision ''", 3), "auto\nfp32\nbf16\n");
  EXPECT_EQ(offered("model verify --ag", 3), "--against\n");
  EXPECT_EQ(offered("help ru", 2), "run\nruns\n");
  EXPECT_EQ(offered("completion ''", 2), "bash\nzsh\nfish\n");
}

TEST_F(Completion, BashOffersNamesOfTasksAndRuns) {
  EXPECT_EQ(offered("run --tasks mmlu_anatomy_", 3), "mmlu_anatomy_continuation\n");
  EXPECT_EQ(offered("run --tasks gsm8k,mmlu_anatomy_", 3), "gsm8k,mmlu_anatomy_continuation\n");
  ASSERT_EQ(run(scratch, {"run", "--model", nano(), "--tasks", "mmlu_anatomy", "--num-fewshot", "0",
                          "--limit", "1", "--name", "evening", "--quiet"})
                .exit_code,
            0);
  EXPECT_EQ(offered("report eve", 2), "evening\n");
  EXPECT_EQ(offered("run --resume la", 3), "latest\n");
}

// A store may be a team's: whoever named a run there must not run anything here.
TEST_F(Completion, ANameIsNeverACommand) {
  scratch.write("flmeval", "#!/bin/sh\necho '$(touch pwned) `touch pwned` evening'\n");
  scratch.write("flmeval.bash", bash_completion(command_table()));
  scratch.write("ask.bash",
                "source ./flmeval.bash\nCOMP_WORDS=(./flmeval report '')\nCOMP_CWORD=2\n"
                "_flmeval\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
  EXPECT_EQ(output_of(scratch, "chmod +x flmeval && bash ask.bash 2>&1"),
            "$(touch pwned) `touch pwned` evening\n");
  EXPECT_FALSE(std::filesystem::exists(scratch / "pwned"));
}

TEST_F(Completion, OtherShellsReadTheirs) {
  scratch.write("_flmeval", zsh_completion(command_table()));
  scratch.write("flmeval.fish", fish_completion(command_table()));
  bool read = false;
  for (const char* shell : {"zsh", "fish"}) {
    if (!is_here(shell)) continue;
    const std::string file = std::string(shell) == "zsh" ? "_flmeval" : "flmeval.fish";
    EXPECT_EQ(output_of(scratch, std::string(shell) + " -n " + file + " 2>&1"), "") << shell;
    read = true;
  }
  if (!read) GTEST_SKIP() << "neither zsh nor fish is here";
}

TEST_F(Completion, FishOffersFlagsOfTheCommand) {
  if (!is_here("fish")) GTEST_SKIP() << "no fish here";
  scratch.write("flmeval.fish", fish_completion(command_table()));
  const auto ask = [&](const std::string& line) {
    return output_of(scratch,
                     "HOME=. fish -c \"source flmeval.fish; complete -C '" + line + "'\" 2>&1");
  };
  EXPECT_THAT(ask("flmeval run --num-f"), HasSubstr("--num-fewshot"));
  EXPECT_THAT(ask("flmeval tasks va"), HasSubstr("validate"));
  EXPECT_THAT(ask("flmeval run --precision b"), HasSubstr("bf16"));
  EXPECT_THAT(ask("flmeval help tok"), HasSubstr("tokenize"));
  EXPECT_THAT(ask("flmeval completion z"), HasSubstr("zsh"));
}

TEST(ManPage, HasEveryCommandAndFlag) {
  const std::vector<CommandEntry> table = command_table();
  const std::string page = man_page(table);
  for (const CommandEntry* command : all_commands(table))
    EXPECT_THAT(page, HasSubstr(".SS flmeval " + command->name)) << command->name;
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-num\\-fewshot\\fR \\fIN\\fR\nShots before the question; a "
                              "task file's own 0 stays.\n"
                              "Default: the task's.\n"));
}

TEST(ManPage, IsReadWithoutAWarning) {
  if (!is_here("groff")) GTEST_SKIP() << "no groff here";
  const Scratch scratch;
  scratch.write("flmeval.1", man_page(command_table()));
  EXPECT_EQ(output_of(scratch, "groff -man -Tutf8 -Kutf8 -ww -z flmeval.1 2>&1"), "");
}

}  // namespace
}  // namespace flm::testing
