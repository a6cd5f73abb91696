// --config and a project's .flmeval.yaml.
#include "harness/cli/flag_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/errors.h"
#include "base/system/environment.h"
#include "harness/cli/command_line.h"
#include "tests/error_of.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::HasSubstr;

class FlagFiles : public ::testing::Test {
 protected:
  FlagFiles()
      : back_(std::filesystem::current_path()), home_(environment("HOME").value_or("/root")) {
    std::filesystem::current_path(scratch.path());
  }
  ~FlagFiles() override {
    std::filesystem::current_path(back_);
    setenv("HOME", home_.c_str(), 1);
  }
  const Scratch scratch;

 private:
  const std::filesystem::path back_;
  const std::string home_;
};

TEST_F(FlagFiles, AProjectsFlagsHoldForTheCommandsThatHaveThem) {
  scratch.write(".flmeval.yaml",
                "data: sets\nthreads: 3\nfresh: true\ntasks: [a, b]\nname: null\n");
  const CommandLine run = parse_command_line({"run", "--model", "m", "--threads", "1"});
  EXPECT_EQ(run.options.task.data, "sets");
  EXPECT_EQ(run.options.task.tasks, "a,b");
  EXPECT_EQ(run.options.model.threads, 1) << "what is typed wins";
  EXPECT_TRUE(run.options.run.fresh);
  EXPECT_THAT(run.notes, ::testing::Contains(HasSubstr("flags of .flmeval.yaml: --data=sets")));
  EXPECT_EQ(parse_command_line({"data", "verify"}).options.task.data, "sets");
  EXPECT_EQ(parse_command_line({"report", "x"}).options.task.data, "");
}

TEST_F(FlagFiles, AProjectsFlagHoldsWhereWhatItNeedsIsGiven) {
  scratch.write(".flmeval.yaml", "device: cpu\nmodel: m\nsettle: 7\n");
  EXPECT_EQ(parse_command_line({"doctor"}).options.model.device, "auto");
  EXPECT_EQ(parse_command_line({"doctor", "--tune"}).options.model.device, "cpu");
  EXPECT_EQ(parse_command_line({"run"}).options.model.device, "cpu");
  const std::vector<std::string> track = {"track", "--series", "s", "--tasks", "t"};
  EXPECT_EQ(parse_command_line(track).options.track.settle, 30);
  std::vector<std::string> watch = track;
  watch.push_back("--watch");
  EXPECT_EQ(parse_command_line(watch).options.track.settle, 7);
  scratch.write(".flmeval.yaml", "settle: 7\nwatch: true\n");
  EXPECT_EQ(parse_command_line(track).options.track.settle, 7);
  scratch.write(".flmeval.yaml", "frob: 1\n");
  EXPECT_THAT(error_of([] { parse_command_line({"runs"}); }),
              HasSubstr("is no flag; see flmeval help COMMAND (found: frob)"));
}

TEST_F(FlagFiles, OneWithEachLineCommentedOutGivesNoFlag) {
  for (const char* text : {"", "# threads: 3\n", "---\n# data: sets\n"}) {
    scratch.write(".flmeval.yaml", text);
    EXPECT_EQ(parse_command_line({"run", "--model", "m"}).options.model.threads, 0) << text;
    scratch.write("given.yaml", text);
    EXPECT_EQ(
        parse_command_line({"run", "--model", "m", "--config", "given.yaml"}).options.task.data,
        "");
  }
}

TEST_F(FlagFiles, ADamagedOneKeepsNobodyFromTheProgramsOwnTexts) {
  scratch.write(".flmeval.yaml", "a: b: c\n");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--version"}, {"run", "--help"}, {"help", "run"}, {"--help"}})
    EXPECT_NE(parse_command_line(words).text, "") << words[0];
  EXPECT_EQ(parse_command_line({"completion", "bash"}).command, "completion");
  EXPECT_EQ(parse_command_line({"man"}).command, "man");
  EXPECT_THAT(error_of([] { parse_command_line({"runs"}); }), HasSubstr(".flmeval.yaml:1"));
}

TEST_F(FlagFiles, AProjectsFileHoldsInFoldersBelowIt) {
  std::filesystem::create_directories(scratch / "project/.git");
  std::filesystem::create_directories(scratch / "project/a/b");
  std::filesystem::create_directories(scratch / "project/models/nano");
  scratch.write(".flmeval.yaml", "threads: 9\n");
  scratch.write("project/.flmeval.yaml",
                "data: sets\nstore: /all.db\nmodel: models/nano\ntasks: mmlu\n");
  std::filesystem::current_path(scratch / "project/a/b");
  const std::string folder = std::filesystem::canonical(scratch / "project").string();
  const CommandLine run = parse_command_line({"run"});
  EXPECT_EQ(run.options.task.data, folder + "/sets") << "paths are from the file's folder";
  EXPECT_EQ(run.options.run.store, "/all.db");
  EXPECT_EQ(run.options.model.model, folder + "/models/nano");
  EXPECT_EQ(run.options.task.tasks, "mmlu");
  EXPECT_EQ(run.options.model.threads, 0) << "nothing above the repository holds";
  EXPECT_THAT(run.notes, ::testing::Contains(HasSubstr("flags of " + folder + "/.flmeval.yaml:")));
  scratch.write("project/a/.flmeval.yaml", "data: near\n");
  EXPECT_EQ(parse_command_line({"run"}).options.task.data, folder + "/a/near");
}

TEST_F(FlagFiles, AboveHereNothingHoldsOutsideOfRepositoryAndHome) {
  std::filesystem::create_directories(scratch / "b");
  scratch.write(".flmeval.yaml", "threads: 9\n");
  std::filesystem::current_path(scratch / "b");
  EXPECT_EQ(parse_command_line({"run"}).options.model.threads, 0);
}

TEST_F(FlagFiles, AFolderThatIsGoneHasNone) {
  std::filesystem::create_directory(scratch / "gone");
  std::filesystem::current_path(scratch / "gone");
  std::filesystem::remove(scratch / "gone");
  EXPECT_TRUE(read_project_file().entries.empty());
}

TEST_F(FlagFiles, APipeInItsPlaceIsNotWaitedFor) {
  ASSERT_EQ(mkfifo(".flmeval.yaml", 0600), 0);
  try {
    (void)read_project_file();
    FAIL() << "read";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("not a regular file"));
  }
}

/// As in --config, which reads them as lm_eval 0.4.13 does.
TEST_F(FlagFiles, AMappingIsJson) {
  scratch.write(".flmeval.yaml",
                "gen_kwargs: {max_gen_toks: 3, until: [x]}\nmodel_args: {pretrained: m}\n");
  const Options options = parse_command_line({"run", "--model", "hf"}).options;
  EXPECT_EQ(options.task.gen_kwargs,
            std::vector<std::string>{R"({"max_gen_toks":3,"until":["x"]})"});
  EXPECT_EQ(options.model.model_args, std::vector<std::string>{R"({"pretrained":"m"})"});
  scratch.write(".flmeval.yaml", "threads: 2\ntasks: [[a, b]]\n");
  EXPECT_EQ(error_of([] {
              parse_command_line({"run", "--model", "m"});
            }),
            ".flmeval.yaml:2: tasks wants a plain value, a mapping or a list of plain values: "
            "[\"a\",\"b\"]");
}

TEST_F(FlagFiles, TheHomeFolderIsReadWhereNoShellDidIt) {
  setenv("HOME", "/me", 1);
  setenv("FLM_TEST_SETS", "/data/sets", 1);
  scratch.write(".flmeval.yaml",
                "data: ~/sets\nstore: $FLM_TEST_SETS/a.db\ntasks: [mmlu, ~/t.yaml]\n"
                "model: ~/m\nname: ~/no path\ninclude_path: $HOME/inc\n");
  const Options options = parse_command_line({"run"}).options;
  EXPECT_EQ(options.task.data, "/me/sets");
  EXPECT_EQ(options.run.store, "/data/sets/a.db");
  EXPECT_EQ(options.task.tasks, "mmlu,/me/t.yaml");
  EXPECT_EQ(options.model.model, "/me/m");
  EXPECT_EQ(options.run.name, "~/no path");
  EXPECT_EQ(options.task.include_path, "/me/inc");
  std::filesystem::remove(".flmeval.yaml");
  EXPECT_EQ(parse_command_line({"run", "--data=~/sets"}).options.task.data, "/me/sets");
  scratch.write("c.yaml", "model: m\ntasks: t\ninclude_path: ~/inc\n");
  EXPECT_EQ(parse_command_line({"run", "--config", "c.yaml"}).options.task.include_path, "/me/inc");
  unsetenv("FLM_TEST_SETS");
}

TEST_F(FlagFiles, ARunThatGoesOnTakesTheStoreAlone) {
  scratch.write(".flmeval.yaml", "store: team.db\nlimit: 3\n");
  const Options resumed = parse_command_line({"run", "--resume", "x"}).options;
  EXPECT_EQ(resumed.run.store, "team.db");
  EXPECT_EQ(resumed.task.limit, 0);
}

TEST_F(FlagFiles, ConfigTakesLmEvalsKeysAndOurs) {
  const std::string file = scratch
                               .write("c.yaml",
                                      "model: hf\nmodel_args: {pretrained: m}\ntasks: [a]\n"
                                      "bpb_context: 128\nover-long: truncate-left\n")
                               .string();
  scratch.write(".flmeval.yaml", "bpb_context: 64\nbpb_stride: 32\n");
  const Options options =
      parse_command_line({"run", "--config", file, "--over-long", "flag"}).options;
  EXPECT_EQ(options.model.model, "hf");
  EXPECT_EQ(options.task.tasks, "a");
  EXPECT_EQ(options.task.bpb_context, 128) << "--config wins over the project's file";
  EXPECT_EQ(options.task.bpb_stride, 32);
  EXPECT_EQ(options.model.over_long, "flag");
}

TEST_F(FlagFiles, AnUnknownKeyIsNamedWithItsLine) {
  scratch.write(".flmeval.yaml", "data: d\nthreds: 2\n");
  try {
    parse_command_line({"run", "--model", "m"});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 ".flmeval.yaml:2: threds is no flag; did you mean threads? (found: threds)");
  }
}

std::string fault_of(const std::vector<std::string>& words) {
  return error_of([&] { parse_command_line(words); });
}

TEST_F(FlagFiles, AValueThatDoesNotFitIsToldWithItsPlace) {
  scratch.write("a.yaml", "model: m\ntasks: t\nnum_fewshot: three\n");  // lm_eval's key
  EXPECT_THAT(fault_of({"run", "--config", "a.yaml"}),
              ::testing::StartsWith("a.yaml:3: num_fewshot: "));
  EXPECT_THAT(fault_of({"run", "--config", "a.yaml", "--num-fewshot", "four"}),
              ::testing::AllOf(::testing::Not(HasSubstr("a.yaml")), HasSubstr("four")))
      << "what is typed wins";
  scratch.write("b.yaml", "model: m\ntasks: t\ngrace: -1\n");  // ours
  EXPECT_THAT(fault_of({"run", "--config", "b.yaml"}), ::testing::StartsWith("b.yaml:3: grace: "));
  scratch.write("c.yaml", "model: m\ntasks: t\nseed: [1, x]\n");  // refused by its translation
  EXPECT_THAT(fault_of({"run", "--config", "c.yaml"}), ::testing::StartsWith("c.yaml:3: seed: "));
  scratch.write(".flmeval.yaml", "threads: many\n");
  EXPECT_THAT(fault_of({"run", "--model", "m", "--tasks", "t"}),
              ::testing::StartsWith(".flmeval.yaml:1: threads: "));
}

/// A link to a file that is gone, or that somebody else keeps to himself.
TEST_F(FlagFiles, AProjectsFileThatCannotBeReadIsNotAbsent) {
  std::filesystem::create_symlink("nowhere", ".flmeval.yaml");
  EXPECT_THAT(error_of([] { (void)read_project_file(); }),
              ::testing::ContainsRegex("cannot read .*/.flmeval.yaml: No such file"));
}

TEST_F(FlagFiles, SeriesAndTheirLogsAreFromTheFilesFolder) {
  std::filesystem::create_directories(scratch / "project/.git");
  std::filesystem::create_directories(scratch / "project/sub");
  std::filesystem::create_directories(scratch / "project/lr=1/step_1");
  std::filesystem::create_directories(scratch / "project/logs");
  scratch.write("project/logs/lr=1.jsonl", "");
  scratch.write("project/.flmeval.yaml",
                "series: ['ckpts/step_*', 'nano=more/step_*', 'lr=1/step_*', 'far=/data/x', "
                "'home=~/x']\n"
                "log: [r=train.jsonl, s/1=logs/lr=1.jsonl, plain.log]\n");
  std::filesystem::current_path(scratch / "project/sub");
  setenv("HOME", "/me", 1);
  const std::string folder = std::filesystem::canonical(scratch / "project").string();
  const TrackFlags track = parse_command_line({"track", "--tasks", "t"}).options.track;
  EXPECT_THAT(track.series,
              ::testing::ElementsAre(folder + "/ckpts/step_*", "nano=" + folder + "/more/step_*",
                                     folder + "/lr=1/step_*", "far=/data/x", "home=/me/x"));
  EXPECT_THAT(track.logs,
              ::testing::ElementsAre("r=" + folder + "/train.jsonl",
                                     "s/1=" + folder + "/logs/lr=1.jsonl", folder + "/plain.log"));
}

}  // namespace
}  // namespace flm::testing
