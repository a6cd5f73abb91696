#include "harness/cli/command_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "harness/cli/command_table.h"
#include "harness/process/exit_code.h"
#include "tests/error_of.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

long lines_of(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

TEST(CommandLine, HelpOfEveryCommandHasAnExample) {
  Scratch scratch;
  EXPECT_EQ(run(scratch, {"--help"}).exit_code, 0);
  for (const char* command : {"run", "score", "generate", "tokenize", "show", "plan", "tasks",
                              "data", "model", "report", "doctor", "track"}) {
    const Outcome outcome = run(scratch, {command, "--help"});
    EXPECT_EQ(outcome.exit_code, 0) << command;
    EXPECT_NE(outcome.out.find("Example: flmeval "), std::string::npos) << command;
  }
}

/// A folder that may not be read is the user's to mend, no defect of ours.
TEST(CommandLine, ARefusalOfTheFileSystemIsAUsersError) {
  EXPECT_EQ(exit_code_of([]() -> int {
              throw std::filesystem::filesystem_error(
                  "status", "/root/bpb", std::make_error_code(std::errc::permission_denied));
            }),
            kUserError);
}

/// `flmeval` alone is a beginning, no error.
TEST(CommandLine, AloneItListsTheCommandsWithExamples) {
  Scratch scratch;
  const Outcome alone = run(scratch, {});
  EXPECT_EQ(alone.exit_code, 0);
  for (const CommandEntry& command : command_table())
    EXPECT_NE(alone.out.find("\n  " + command.name + " "), std::string::npos) << command.name;
  EXPECT_NE(alone.out.find("\nExamples\n  flmeval run --model "), std::string::npos) << alone.out;
  EXPECT_EQ(run(scratch, {"help"}).out, alone.out);
  const std::string version = run(scratch, {"--version"}).out;
  EXPECT_TRUE(version.starts_with("flmeval ")) << version;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"version"},
                                             {"-V"},
                                             {"run", "--version"},
                                             {"tasks", "list", "-V"},
                                             {"score", "-V"},
                                             {"bench", "--version"},
                                             {"bench", "run", "--version"}})
    EXPECT_EQ(run(scratch, words).out, version) << words[0];
  EXPECT_EQ(run(scratch, {"rnu", "--version"}).exit_code, 2);
  EXPECT_EQ(run(scratch, {"--help"}).out, alone.out);
}

TEST(CommandLine, HelpHasOneSpellingHeadingsAndDefaults) {
  const std::string help = parse_command_line({"help", "run"}).text;
  EXPECT_EQ(help, parse_command_line({"run", "--help"}).text);
  for (const char* part : {"Usage: flmeval run [FLAGS]\n", "\nModel\n  --model MODEL ",
                           "\nTasks\n  --tasks TASKS ", "\nLong runs\n",
                           "  --num-fewshot N           Shots before the question; a task file's "
                           "own 0 stays\n                            [the task's]\n",
                           "  --precision auto|fp32|bf16\n"})
    EXPECT_NE(help.find(part), std::string::npos) << part << help;
  EXPECT_EQ(help.find("--num_fewshot N"), std::string::npos) << help;
  const std::string action = parse_command_line({"help", "model", "verify"}).text;
  EXPECT_NE(action.find("Usage: flmeval model verify DIR [FLAGS]\n"), std::string::npos) << action;
  EXPECT_NE(action.find("\n  --against DIR "), std::string::npos) << action;
  for (const auto& [command, usage] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"help", "runs"}, "runs [RUN...] [FLAGS]\n"},
           {{"help", "watch"}, "watch [RUN] [FLAGS]\n"},
           {{"help", "report"}, "report RUN... [FLAGS]\n"},
           {{"help", "gate"}, "gate POLICY [A B] [FLAGS]\n"},
           {{"help", "completion"}, "completion SHELL [FLAGS]\n"},
           {{"help", "judge"}, "judge FILE [FLAGS]\n"},
           {{"help", "tasks", "list"}, "tasks list [PATTERN] [FLAGS]\n"},
           {{"help", "data", "list"}, "data list [NAME...] [FLAGS]\n"},
           {{"help", "data", "fetch"}, "Example: flmeval data fetch gsm8k --data DATA\n"}})
    EXPECT_NE(parse_command_line(command).text.find(usage), std::string::npos) << usage;
}

/// What is offered is taken: logged answers where no model is asked, the rows of a device where one
/// computes.
TEST(CommandLine, HelpOffersNothingThatIsRefused) {
  const auto help = [](const std::string& command) {
    return parse_command_line({"help", command}).text;
  };
  for (const std::string command : {"score", "generate", "tokenize", "plan"})
    EXPECT_EQ(help(command).find("replay:"), std::string::npos) << command;
  for (const std::string command : {"run", "show"})
    EXPECT_NE(help(command).find("replay:"), std::string::npos) << command;
  for (const std::string command : {"tokenize", "show"})
    EXPECT_EQ(help(command).find("--device"), std::string::npos) << command;
}

/// What a script may have typed before actions were subcommands.
TEST(CommandLine, FlagsMayStandBeforeAnAction) {
  const auto line = parse_command_line({"data", "--data", "d", "verify", "gsm8k", "--json"});
  EXPECT_EQ(line.options.action, "verify");
  EXPECT_EQ(line.options.operands, (std::vector<std::string>{"gsm8k"}));
  EXPECT_EQ(line.options.task.data, "d");
  EXPECT_TRUE(line.options.json);
  EXPECT_EQ(parse_command_line({"model", nano(), "--json"}).options.action, "show");
}

TEST(CommandLine, ASmallShareStaysAShare) {
  const auto share = [](const std::string& text) {
    return parse_command_line({"run", "--tasks", "t", "--verify", text}).options.run.verify;
  };
  EXPECT_DOUBLE_EQ(share("0.00001%"), 1e-7);
  EXPECT_EQ(share("12.5%"), 0.125);
  EXPECT_EQ(share("0.25"), 0.25);
}

/// A shell writes --name=$NAME so where NAME is empty: the next flag is no name.
TEST(CommandLine, AnEmptyValueTakesNoFlagForItself) {
  const Options options =
      parse_command_line({"run", "--name=", "--quiet", "--data=", "--tasks=t", "--model", "m"})
          .options;
  EXPECT_EQ(options.run.name, "");
  EXPECT_EQ(options.task.data, "");
  EXPECT_EQ(options.task.tasks, "t");
  EXPECT_TRUE(options.quiet);
  EXPECT_THROW(parse_command_line({"run", "--threads=", "--quiet", "--model", "m"}), UserError);
}

TEST(CommandLine, WhatIsTypedComesBackFromTheStoredArguments) {
  const std::vector<std::string> words = {"run",
                                          "--model",
                                          "m",
                                          "--tasks",
                                          "t",
                                          "--output",
                                          "",
                                          "--name",
                                          "",
                                          "--no-log-samples",
                                          "--log-samples",
                                          "--log-samples",
                                          "--system-instruction",
                                          "",
                                          "--gen-kwargs",
                                          "a=1",
                                          "--gen-kwargs",
                                          "b=-x",
                                          "--verify-against",
                                          "cpu-fp32",
                                          "1%",
                                          "--apply-chat-template",
                                          "--limit",
                                          "3",
                                          "-x"};
  const Options typed = parse_command_line(words).options;
  const Options again = parse_stored_arguments(arguments_of(typed.typed));
  EXPECT_EQ(again.typed, typed.typed);
  EXPECT_EQ(again.run.output, "");
  EXPECT_TRUE(again.run.log_samples);
  EXPECT_EQ(again.task.apply_chat_template, "true");
  EXPECT_TRUE(again.task.predict_only);
  EXPECT_EQ(again.task.gen_kwargs, (std::vector<std::string>{"a=1", "b=-x"}));
  EXPECT_EQ(again.run.verify_against, (std::vector<std::string>{"cpu-fp32", "1%"}));
  EXPECT_EQ(again.task.limit, 3);
  const Options minus = parse_command_line({"run", "--tasks", "t", "--system-instruction=-x hello",
                                            "--no-log-samples"})
                            .options;
  const Options both = parse_stored_arguments(arguments_of(minus.typed));
  EXPECT_EQ(both.task.system_instruction, "-x hello");
  EXPECT_FALSE(both.run.log_samples);
}

struct BadCall {
  std::vector<std::string> arguments;
  std::string mention;
};

TEST(CommandLine, UserErrorsAreOneLineAndExitCode2) {
  const std::vector<BadCall> calls = {
      {{"run", "--model", nano(), "--taks", "bpb"}, "--taks"},
      {{"run", "--model", "/nowhere/at/all", "--tasks", "bpb"}, "/nowhere/at/all"},
      {{"run", "--model", nano(), "--tasks", "no_such_task"}, "no_such_task"},
      {{"run", "--model", nano()}, "--tasks"},
      {{"model", "show", nano(), "--against", nano()}, "model verify"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--resume", "x", "--fresh"}, "--fresh"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--bpb-context", "513"}, "513"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--prefix-token", "soon"}, "soon"},
      {{"run", "--model", "hf", "--model_args", "pretrained=x,colour=red", "--tasks", "bpb"},
       "colour"},
      {{"score", "--model", nano()}, "--text"},
      {{"score", "--model", nano(), "--device", "cuda", "--text", "/dev/null"}, "cuda"},
      {{"generate", "--model", nano(), "--prompt", "a", "--top-p", "2"}, "top-p"},
      {{"report", "no-such-run"}, "no such store"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--limit", "0"}, "above 0: 0"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--verify", "some%"}, "some%"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--verify", "nan"}, "from 0 to 1: nan"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--verify", "101%"}, "from 0 to 1: 1.01"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--host-memory", "0"}, "above 0: 0"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--host-memory", "2e9"}, "2e+09"},
      {{"show", "--run", "no-such-run"}, "no such store"},
      {{"run", "--model", "no-model", "--tasks", "bpb", "--prefix-token", "pad"},
       "--prefix-token: wants a token's id, bos, eos or none: pad"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--prefix-token", "2112"},
       "--prefix-token is outside the model's vocabulary; give bos, eos, none or an id from 0 to "
       "2111: 2112\n"},
      {{"plan", "--model", nano(), "--tasks", "bpb", "--prefix-token", "99999"},
       "0 to 2111: 99999"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--limit", "1.5"}, "whole or below 1"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--seed", "-1"}, "--seed: "},
      {{"run", "--model", nano(), "--tasks", "bpb", "--device", "gpu"},
       "--device is auto, cpu, cuda, cuda:N or cuda:N,N,..., not \"gpu\""},
      {{"plan", "--model", nano(), "--tasks", "bpb", "--device", "cuda:"}, "not \"cuda:\""},
      {{"tokenize", "--model", nano(), "--text", "a", "--device", "cuda"},
       "no such flag; see flmeval tokenize --help (typed: --device cuda)"},
      {{"tokenize", "--model", nano(), "--text", "a", "--over-long", "flag"}, "no such flag"},
      {{"show", "--model", nano(), "--tasks", "bpb", "--threads", "2"}, "no such flag"},
      {{"doctor", "--model", "/nope"}, "--model requires --tune"},
      {{"doctor", "--device", "cuda"}, "--device requires --tune"},
      {{"doctor", "--precision", "bf16"}, "--precision requires --tune"},
      {{"judge", "a", "b"}, "judge takes one FILE (too much: b)"},
      {{"score", "--model", "replay:x", "--text", "/dev/null"},
       "score needs a model, not replay:x"},
      {{"generate", "--model", "replay:x", "--prompt", "a"},
       "generate needs a model, not replay:x"},
      {{"tokenize", "--model", "replay:x", "--text", "a"}, "tokenize needs a model, not replay:x"},
      {{"run", "--model", "synthetic:nope", "--tasks", "bpb"},
       "unknown synthetic preset: nope; known are tele-flm-52b"},
      {{"track", "--name", "z", "--series", "a=" + nano(), "--tasks", "bpb"},
       "drop one of them: a="},
      {{"bench", "list", "--full"}, "no such flag"},
      {{"show", "--model", nano(), "--tasks", "bpb", "--max-length", "513"},
       "--max-length 513; this model takes 1 to 512"},
      {{"run", "--model", "no-model", "--tasks", "bpb", "--tokenizer", "./away"},
       "--tokenizer: no such model folder: ./away; give one that is there, or ORG/NAME of the "
       "Hugging Face cache"},
      {{"run", "--model", "no-model", "--tasks", "bpb", "--code-verdicts", "away"},
       "--code-verdicts: cannot be read (No such file or directory); give a file: away"},
      {{"run", "--model", "no-model", "--tasks", "bpb", "--export-code", "away/x"},
       "--export-code: the folder of the file is not there; make it: away/x"},
      {{"run", "--model", "no-model", "--tasks", "bpb", "--output-path", "/dev/null"},
       "--output-path: a file stands where a folder is to be; give another: /dev/null"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--model-config", "away/x"},
       "--model-config: "},
      {{"run", "--model", nano(), "--tasks", "bpb", "--config", "away"},
       "--config wants a YAML file that is there: away"},
      {{"score", "--model", "no-model", "--text", "/"}, "--text: a folder; give a file: /"},
      {{"score", "--model", "no-model", "--text", "-"},
       "--text: - is standard input of lines alone; give a name: -"},
      {{"gate", "gate.yaml", "a", "b", "--junit", "-"},
       "--junit: - is standard input of lines alone; give a name: -"},
      {{"run", "--model", "no-model", "--tasks", "bpb", "--samples", "-"},
       "--samples: - is standard input of lines alone; give a name: -"},
      {{"run", "--model", "no-model", "--tasks", "bpb", "--output", "-"},
       "--output: - is standard input of lines alone; give a name: -"},
      {{"show", "--tasks", "MMLU"}, "did you mean mmlu? (asked: MMLU)"},
      {{"plan", "--model", nano(), "--tasks", "bpb", "--on", "8"}, "--on wants "},
      {{"generate", "--model", "no-model", "--prompt", "a", "--max-new-tokens", "0"},
       "--max-new-tokens: wants a number above 0: 0"},
      {{"generate", "--model", "no-model", "--prompt", "a", "--top-p", "0"},
       "--top-p: wants a number above 0, at most 1: 0"},
      {{"generate", "--model", "no-model", "--prompt", "a", "--stop", ""},
       "--stop: wants some text; leave it out for none"},
      {{"report", "x", "--published", "away"}, "--published: no such figures; known: tele-flm"},
      {{"bench", "run", "--half-width", "nan", "--filter", "no such row"},
       "--half-width: wants a number above 0: nan"},
      {{"bench", "run", "--budget", "-1", "--filter", "no such row"},
       "--budget: wants a number of at least 0: -1"},
      {{"bench", "compare", "a", "b", "--alpha", "nan"},
       "--alpha: wants a number from 0 to 1: nan"},
      {{"shwo", "--tasks", "bpb"}, "did you mean show? (asked: shwo)"},
      {{"rnu"}, "did you mean run? (asked: rnu)"},
      {{"run", "--modle", "x", "--tasks", "y"}, "did you mean --model? (typed: --modle x)"},
      {{"score", "--modle", "x"}, "did you mean --model? (typed: --modle x)"},
      {{"track", "--seires", "x"}, "did you mean --series? (typed: --seires)"},
      {{"bench", "run", "--qiuet"}, "did you mean --quiet? (typed: --qiuet)"},
      {{"bench", "compare", "--thraeds", "1"}, "did you mean --threads? (typed: --thraeds)"},
      {{"bench", "--xyzzy"}, "no such flag; see flmeval bench --help"},
      {{"tasks", "lst"}, "no such action; did you mean list? (typed: lst)"},
      {{"tasks", "list", "--include-pth", "x"}, "did you mean --include-path?"},
      {{"run", "--tasks", "mmlu_prp", "--model", nano()}, "mmlu_prp"},
      {{"model", "show"}, "wants one DIR"},
      {{"model", "show", nano(), "away"}, "model show takes one DIR (too much: away)"},
      {{"tasks", "list", "a", "b"}, "tasks list takes one PATTERN (too much: b)"},
      {{"run", "--model", "no-model", "--tasks", "bpb", "--chat-date", "26.07.2024"},
       "--chat-date: wants YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS: 26.07.2024"},
      {{"track", "--series", nano(), "--tasks", "bpb", "--by", "hidden"},
       "--by compares several runs: give more --series"},
      {{"track", "--series", nano(), "--tasks", "bpb", "--x", "time"},
       "give --log FILE with times"},
      {{"tokenize", "--model", nano()}, "--text"},
      {{"bench"}, "bench"},
      {{"run", nano(), "--tasks", "bpb"}, "did you mean --model " + nano() + "?"},
      {{"score", nano()}, "did you mean --model " + nano() + "?"},
      {{"track", "DIR/step_*", "--tasks", "bpb"}, "did you mean --series 'DIR/step_*'?"},
      {{"track", "--model", nano(), "--tasks", "bpb"}, "here it is --series"},
      {{"track", "--series", nano() + "/..", "--tasks", "bpb", "--by", "lr"},
       "give --log SERIES=FILE"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--dtype", "bfloat16"},
       "here it is --precision (typed: --dtype"},
      {{"show", "friday"}, "did you mean --run friday?"},
      {{"report", "friday", "--output", "x"}, "it prints: > FILE (typed: --output)"},
      {{"gate", "p.yaml", "a", "b", "--format", "md"}, "there are --json, --junit FILE"},
      {{"run", "--model", nano(), "--tasks", "bpb", "--data",
        std::string(FLM_SOURCE_DIR) + "/models/nano/bpb"},
       "the folder above bpb/"},
  };
  for (const BadCall& call : calls) {
    Scratch scratch;
    const Outcome outcome = run(scratch, call.arguments);
    const std::string what =
        call.arguments.empty() ? "(nothing)" : call.arguments[0] + " ... " + call.arguments.back();
    EXPECT_EQ(outcome.exit_code, 2) << what << ": " << outcome.err;
    EXPECT_EQ(lines_of(outcome.err), 1) << what << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(call.mention), std::string::npos) << what << ": " << outcome.err;
    EXPECT_EQ(outcome.out, "") << what;
  }
}

/// A virtual machine may show less memory than it can have.
TEST(CommandLine, HostMemoryIsShownAndCanBeSaid) {
  const Scratch scratch;
  const auto memory = [&](const std::string& said) {
    setenv("FLM_HOST_MEMORY", said.c_str(), 1);
    const Outcome outcome = run(scratch, {"doctor", "--json"});
    unsetenv("FLM_HOST_MEMORY");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return parse_json(outcome.out, "doctor").at("memory");
  };
  const Json shown = memory("");
  EXPECT_GT(shown.at("usable").get<double>(), 0);
  EXPECT_LE(shown.at("usable").get<double>(), shown.at("total").get<double>());
  EXPECT_LE(shown.at("available").get<double>(), shown.at("total").get<double>());
  EXPECT_EQ(memory("0.75").at("usable").get<std::int64_t>(), std::int64_t{3} << 28);
  const std::vector<std::string> score = {"score", "--model", nano(), "--text", "/dev/null"};
  setenv("FLM_HOST_MEMORY", "plenty", 1);
  const Outcome refused = run(scratch, score);
  unsetenv("FLM_HOST_MEMORY");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(lines_of(refused.err), 1) << refused.err;
  EXPECT_NE(refused.err.find("plenty"), std::string::npos) << refused.err;
}

TEST(CommandLine, ACopyOfAModelIsComparedByTensorAndChunk) {
  Scratch scratch;
  std::filesystem::copy(nano(), scratch / "copy");
  const std::vector<std::string> words = {"model", "verify", "copy", "--against", nano()};
  EXPECT_EQ(run(scratch, words).exit_code, 0);
  std::fstream file(scratch / "copy/model.safetensors",
                    std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put('\x3e');
  file.close();
  const Outcome outcome = run(scratch, words);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(parse_json(outcome.out, "report")["differences"].size(), 1u);
  EXPECT_NE(outcome.err.find("from chunk 0 on"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("not what it was at its last check"), std::string::npos)
      << outcome.err;
}

TEST(CommandLine, DataShowsTheNamedSetsOnly) {
  Scratch scratch;
  const Outcome two = run(scratch, {"data", "list", "gsm8k", "mmlu", "--json"});
  ASSERT_EQ(two.exit_code, 0) << two.err;
  const Json sets = parse_json(two.out, "data list");
  ASSERT_EQ(sets.size(), 2u);
  EXPECT_EQ(sets[0].at("name"), "gsm8k");
  EXPECT_EQ(sets[1].at("name"), "mmlu");
  const Outcome none = run(scratch, {"data", "verify", "gsm9k"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_NE(none.err.find("gsm9k"), std::string::npos) << none.err;
}

TEST(CommandLine, UnderscoreSpellingsWork) {
  Scratch scratch;
  const Outcome outcome =
      run(scratch, {"show", "--tasks", "gsm8k", "--num_fewshot", "2", "--limit", "1", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("\"fewshot_ids\":["), std::string::npos);
  EXPECT_EQ(lines_of(outcome.out), 1);
}

std::string said(const std::vector<std::string>& words) {
  return error_of([&] { parse_command_line(words); });
}

/// No error prints the largest double, and none lets what is no number through.
TEST(CommandLine, ANumberOutOfRangeIsAnsweredWithTheRange) {
  EXPECT_EQ(said({"track", "--series", "s", "--tasks", "bpb", "--extrapolate", "abc"}),
            "--extrapolate: wants a number above 0: abc; see flmeval track --help");
  EXPECT_EQ(said({"track", "--series", "s", "--tasks", "bpb", "--smooth", "inf"}),
            "--smooth: wants a number above 0: inf; see flmeval track --help");
  EXPECT_EQ(said({"run", "--model", "m", "--tasks", "bpb", "--num-fewshot", "-1"}),
            "--num-fewshot: wants a number of at least 0: -1; see flmeval run --help");
  EXPECT_EQ(said({"compare", "a", "b", "--flips", "-2"}),
            "--flips: wants a number of at least 0: -2; see flmeval compare --help");
  // alarm(2) takes an unsigned int.
  const std::vector<std::string> run = {"run", "--model", "m", "--tasks", "bpb", "--grace"};
  for (const std::string grace : {"4294967296", "1e300", "0"}) {
    std::vector<std::string> words = run;
    words.push_back(grace);
    EXPECT_EQ(said(words), "--grace: wants a number above 0 and at most 4294967295: " + grace +
                               "; see flmeval run --help");
  }
}

/// As a script's variable is that was never set.
TEST(CommandLine, AnEmptyValueIsNotTakenForNone) {
  const std::vector<std::string> run = {"run", "--model", "m", "--tasks", "bpb"};
  for (const std::string flag :
       {"--prefix-token", "--tokenizer", "--model-config", "--bpb-mixture"}) {
    for (const std::vector<std::string>& empty :
         {std::vector<std::string>{flag, ""}, std::vector<std::string>{flag + "="}}) {
      std::vector<std::string> words = run;
      words.insert(words.end(), empty.begin(), empty.end());
      EXPECT_EQ(said(words).rfind(flag + ": wants ", 0), 0u) << said(words);
    }
  }
  EXPECT_EQ(said({"track", "--series", "s", "--tasks", "bpb", "--watch", "--until", ""}),
            "--until: wants some text; leave it out for none; see flmeval track --help");
}

}  // namespace
}  // namespace flm::testing
