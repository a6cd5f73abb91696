// Command lines of lm-evaluation-harness 0.4.13 do here what they do there, or say that they do
// not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "base/errors.h"
#include "harness/cli/command_line.h"
#include "harness/cli/lm_eval/flags.h"
#include "harness/cli/lm_eval/translate.h"
#include "tests/error_of.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

/// What a use of each flag must become: words of ours, or a note, or an error that says this.
struct Expected {
  Words value;
  std::string ours, note, error;
};

const std::map<std::string, Expected>& expected_flags() {
  static const std::map<std::string, Expected> all = {
      {"tasks", {{"a", "b,c"}, "--tasks=a,b,c", "", ""}},
      {"model", {{"vllm"}, "--model=vllm", "", ""}},
      {"model_args", {{"pretrained=x", "dtype=auto"}, "--model-args=pretrained=x", "", ""}},
      {"apply_chat_template",
       {{"tool_use"},
        "--apply-chat-template=tool_use",
        "by its name where the tokenizer has several; lm_eval's hf applies the default one",
        ""}},
      {"limit", {{"0.5"}, "--limit=0.5", "", ""}},
      {"use_cache", {{"/tmp/c"}, "", "--store", ""}},
      {"num_fewshot", {{"5"}, "--num-fewshot=5", "", ""}},
      {"batch_size", {{"auto:4"}, "", "no result depends on a batch", ""}},
      {"max_batch_size", {{"8"}, "", "no result depends on a batch", ""}},
      {"device", {{"cuda:0"}, "--device=cuda:0", "", ""}},
      {"gen_kwargs", {{"temperature=0", "max_gen_toks=5"}, "--gen-kwargs=temperature=0", "", ""}},
      {"output_path", {{"out"}, "--output-path=out", "", ""}},
      {"log_samples", {{}, "--log-samples", "", ""}},
      {"samples", {{"{\"a\": [0, 1]}"}, "--samples={\"a\": [0, 1]}", "", ""}},
      {"cache_requests", {{"refresh"}, "", "rendered in each run", ""}},
      {"check_integrity", {{}, "", "tasks validate", ""}},
      {"system_instruction", {{"Be brief."}, "--system-instruction=Be brief.", "", ""}},
      {"fewshot_as_multiturn", {{"False"}, "--fewshot-as-multiturn=false", "", ""}},
      {"include_path", {{"dir"}, "--include-path=dir", "", ""}},
      {"verbosity", {{"DEBUG"}, "", "--quiet", ""}},
      {"write_out", {{}, "", "flmeval show --tasks T --limit 3", ""}},
      {"show_config", {{}, "", "results.json", ""}},
      {"wandb_args", {{"project=p", "name=n"}, "", "nothing is sent", ""}},
      {"wandb_config_args", {{"a=b"}, "", "nothing is sent", ""}},
      {"trackio_args", {{"a=b"}, "", "nothing is sent", ""}},
      {"hf_hub_log_args", {{"a=b"}, "", "nothing is sent", ""}},
      {"predict_only", {{}, "--predict-only", "", ""}},
      {"seed", {{"0,1,2,3"}, "--seed=3", "3, the last, draws the shots", ""}},
      {"trust_remote_code", {{}, "", "no code of a model", ""}},
      {"confirm_run_unsafe_code", {{}, "--unsafe-code-execution", "", ""}},
      {"metadata", {{"max_seq_lengths=[4096]"}, "", "", "write it into the task file"}},
  };
  return all;
}

/// A line of the recorded help: "--num_fewshot <n>, -f <n>", and the kind of its values.
struct HelpLine {
  std::string name, brief;
  LmEvalValues values = LmEvalValues::kNone;
};

std::vector<HelpLine> recorded_help() {
  std::ifstream file(std::string(FLM_SOURCE_DIR) + "/tests/harness/cli/lm_eval_run_help.txt");
  std::vector<HelpLine> lines;
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with("-h")) continue;
    HelpLine line;
    std::istringstream words(text);
    words >> line.name;
    const bool some = text.find("...]") != std::string::npos;
    const bool optional = !some && text.find(" [") != std::string::npos;
    const bool one = text.find('<') != std::string::npos;
    line.values = some       ? LmEvalValues::kSome
                  : optional ? LmEvalValues::kOptional
                  : one      ? LmEvalValues::kOne
                             : LmEvalValues::kNone;
    if (line.name.ends_with(",")) line.name.pop_back();
    line.name.erase(0, 2);
    const std::size_t brief = text.find(", -");
    if (brief != std::string::npos) line.brief = text.substr(brief + 3, 1);
    lines.push_back(line);
  }
  return lines;
}

void check_use(const Words& words, const Expected& expected) {
  SCOPED_TRACE(words[1]);
  if (!expected.error.empty()) {
    try {
      translate_lm_eval(words);
      ADD_FAILURE() << "was taken";
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), HasSubstr(expected.error));
    }
    return;
  }
  const TranslatedLine line = translate_lm_eval(words);
  if (expected.ours.empty())
    EXPECT_THAT(line.words, ElementsAre("run"));
  else
    EXPECT_THAT(line.words, ::testing::Contains(expected.ours));
  if (expected.note.empty())
    EXPECT_THAT(line.notes, IsEmpty());
  else
    EXPECT_THAT(line.notes, ElementsAre(HasSubstr(expected.note)));
  if (!expected.ours.empty()) (void)parse_command_line(words);  // our parser knows the words
}

TEST(LmEval, EveryFlagOfItsHelpIsTakenNotedOrRefused) {
  const std::vector<HelpLine> help = recorded_help();
  EXPECT_EQ(help.size(), 32u);
  EXPECT_EQ(lm_eval_flags().size(), help.size());
  for (const HelpLine& line : help) {
    const LmEvalFlag* flag = find_lm_eval_flag(line.name);
    ASSERT_NE(flag, nullptr) << line.name;
    EXPECT_EQ(flag->brief, line.brief) << line.name;
    EXPECT_EQ(flag->values, line.values) << line.name;
    if (line.name == "config") continue;  // below
    const Expected& expected = expected_flags().at(line.name);
    Words names = {"--" + line.name};
    if (!line.brief.empty()) names.push_back("-" + line.brief);
    for (const std::string& name : names) {
      Words words = {"run", name};
      words.insert(words.end(), expected.value.begin(), expected.value.end());
      check_use(words, expected);
    }
  }
}

TEST(LmEval, ItsLinesAreOurs) {
  const Words ours = {"run", "--tasks=a,b", "--model=hf", "--model-args=pretrained=m",
                      "--num-fewshot=5"};
  const Words flags = {"--tasks",      "a",  "b", "--model", "hf", "--model_args",
                       "pretrained=m", "-f", "5"};
  for (const Words& front : std::vector<Words>{{"lm_eval", "run"}, {"lm-eval"}, {"run"}, {}}) {
    Words words = front;
    words.insert(words.end(), flags.begin(), flags.end());
    EXPECT_EQ(translate_lm_eval(words).words, ours);
  }
  EXPECT_THAT(translate_lm_eval({"lm_eval", "ls", "tasks"}).words, ElementsAre("tasks", "list"));
  for (const auto& [kind, flag] :
       {std::pair{"groups", "--kind=group"}, {"subtasks", "--kind=task"}, {"tags", "--kind=tag"}})
    EXPECT_THAT(translate_lm_eval({"lm_eval", "ls", kind, "--include_path", "x"}).words,
                ElementsAre("tasks", "list", flag, "--include_path", "x"));
  EXPECT_THAT(translate_lm_eval({"ls"}).words, ElementsAre("tasks", "list"));
  EXPECT_THAT(translate_lm_eval({"ls", "subtasks"}).words,
              ElementsAre("tasks", "list", "--kind=task"));
  // Its argparse: invalid choice: 'models'; the following arguments are required: --tasks/-t.
  EXPECT_EQ(error_of([] {
              translate_lm_eval({"lm_eval", "ls", "models"});
            }),
            "ls lists tasks, groups, subtasks or tags; flmeval tasks list does the same: models");
  EXPECT_EQ(error_of([] {
              translate_lm_eval({"lm_eval", "validate"});
            }),
            "validate wants --tasks NAME,FILE; flmeval tasks validate NAME FILE does the same: "
            "validate");
  EXPECT_THAT(
      translate_lm_eval({"lm_eval", "validate", "--tasks", "a.yaml,b.yaml", "--include_path", "x"})
          .words,
      ElementsAre("tasks", "validate", "a.yaml", "b.yaml", "--include-path=x"));
  EXPECT_THAT(translate_lm_eval({"--version"}).words, ElementsAre("--version"));
  EXPECT_THAT(translate_lm_eval({"-V"}).words, ElementsAre("-V"));
  EXPECT_THAT(translate_lm_eval({"run", "-L10", "--limit=5", "--store", "s"}).words,
              ElementsAre("run", "--limit=5", "--store", "s"));
  // Arguments of a model alone are those of hf, as there.
  EXPECT_THAT(translate_lm_eval({"run", "-a", "pretrained=m"}).words,
              ElementsAre("run", "--model-args=pretrained=m", "--model=hf"));
}

TEST(LmEval, SeedsAndChatTemplates) {
  const auto run_words = [](Words words) {
    words.insert(words.begin(), "run");
    return translate_lm_eval(words);
  };
  EXPECT_THAT(run_words({"--seed", "42"}).notes, IsEmpty());
  EXPECT_THAT(run_words({"--seed", "7,8,1234"}).words, ElementsAre("run", "--seed=1234"));
  EXPECT_THROW(run_words({"--seed", "1,2,3,None"}), UserError);
  EXPECT_THROW(run_words({"--seed", "1,2"}), UserError);
  EXPECT_THROW(run_words({"--fewshot_as_multiturn", "maybe"}), UserError);
  const auto task_flags = [](Words words) {
    words.insert(words.begin(), {"run", "--tasks", "t"});
    return parse_command_line(words).options.task;
  };
  EXPECT_EQ(task_flags({"--apply_chat_template"}).apply_chat_template, "true");
  EXPECT_EQ(task_flags({"--apply_chat_template", "rag"}).apply_chat_template, "rag");
  const Words off = {"run", "--apply_chat_template", "False"};
  EXPECT_THAT(translate_lm_eval(off).notes, ElementsAre(HasSubstr("none is applied")));
  EXPECT_EQ(task_flags({"--apply_chat_template", "--limit", "3"}).apply_chat_template, "true");
  EXPECT_EQ(task_flags({}).apply_chat_template, "");
  EXPECT_EQ(task_flags({"--fewshot_as_multiturn"}).fewshot_as_multiturn, true);
  EXPECT_EQ(task_flags({"--fewshot_as_multiturn", "no"}).fewshot_as_multiturn, false);
  EXPECT_EQ(task_flags({}).fewshot_as_multiturn, std::nullopt);
}

TEST(LmEval, AConfigurationIsTheFlagsThatItNames) {
  const Scratch scratch;
  const std::string path = scratch
                               .write("eval.yaml",
                                      "model: hf\n"
                                      "model_args: {pretrained: m, dtype: float32}\n"
                                      "tasks: [a, b]\n"
                                      "num_fewshot: 0\n"
                                      "limit: 10\n"
                                      "batch_size: auto\n"
                                      "apply_chat_template: true\n"
                                      "fewshot_as_multiturn: false\n"
                                      "seed: [0, 1234, 1234, 7]\n"
                                      "log_samples: true\n"
                                      "write_out: false\n"
                                      "gen_kwargs: {temperature: 0, until: [x]}\n"
                                      "system_instruction: null\n")
                               .string();
  const TranslatedLine line = translate_lm_eval({"run", "-C", path, "--limit", "3"});
  EXPECT_THAT(
      line.words,
      ElementsAre("run", "--model=hf", "--model-args={\"pretrained\":\"m\",\"dtype\":\"float32\"}",
                  "--tasks=a,b", "--num-fewshot=0", "--apply-chat-template",
                  "--fewshot-as-multiturn=false", "--seed=7", "--log-samples",
                  "--gen-kwargs={\"temperature\":0,\"until\":[\"x\"]}", "--limit=3"));
  EXPECT_THAT(line.notes, ElementsAre(HasSubstr("--batch_size auto"), HasSubstr("--seed")));
  const Words planned = translate_lm_eval({"plan", "-C", path}).words;
  EXPECT_THAT(planned, ::testing::Contains("--tasks=a,b"));
  EXPECT_THAT(planned, ::testing::Not(::testing::Contains("--log-samples"))) << "a run's alone";
  const std::string bad = scratch.write("bad.yaml", "tasks: a\nnum_fewshots: 3\n").string();
  try {
    parse_command_line({"run", "--config", bad});
    ADD_FAILURE();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("bad.yaml:2: num_fewshots is no flag; did you mean "
                                        "num-fewshot?"));
  }
}

TEST(LmEval, ModelArgumentsAreTakenNotedOrRefused) {
  struct Case {
    std::string arguments, mention;
    int exit_code;
  };
  const std::vector<Case> cases = {
      {"pretrained=" + nano() + ",trust_remote_code=True,parallelize=True",
       "no result here depends on trust_remote_code, parallelize", 0},
      {"{\"pretrained\": \"" + nano() + "\", \"dtype\": \"float32\", \"peft\": null}", "", 0},
      {"pretrained=" + nano() + ",dtype='float32',revision=main,load_in_8bit=False", "", 0},
      {"pretrained=" + nano() + ",dtype=float16", "must be float32, bfloat16 or auto: float16", 2},
      {"pretrained=" + nano() + ",load_in_4bit=True", "weights are used as they are stored", 2},
      {"pretrained=" + nano() + ",max_gen_toks=5", "--gen-kwargs max_gen_toks=N: 5", 2},
      {"pretrained=" + nano() + ",enable_thinking=None", "", 0},
      {"pretrained=" + nano() + ",max_length=None,tokenizer=None,dtype=none,revision=None", "", 0},
      {"{\"pretrained\": \"" + nano() + "\", \"max_length\": null, \"dtype\": null}", "", 0},
      {"pretrained=None", "lacks pretrained=DIR", 2},
      {"pretrained=" + nano() + ",enable_thinking=False", "--chat-template-args", 2},
      {"pretrained=" + nano() + ",parallelise=True", "did you mean parallelize?", 2},
      {"dtype=float32", "lacks pretrained=DIR; give it the checkpoint's folder: dtype=float32", 2},
  };
  for (const Case& one : cases) {
    const Scratch scratch;
    const Outcome outcome = run(scratch, {"plan", "--model_args", one.arguments, "--tasks",
                                          "mmlu_anatomy", "--limit", "1"});
    EXPECT_EQ(outcome.exit_code, one.exit_code) << one.arguments << ": " << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(one.mention)) << one.arguments;
  }
  const Scratch scratch;
  // lm-evaluation-harness takes an empty list for all documents.
  const Outcome none = run(scratch, {"plan", "--model_args", "pretrained=" + nano(), "--tasks",
                                     "mmlu_anatomy", "--samples", "{\"mmlu_anatomy\": []}"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("leave a task out to run it whole: mmlu_anatomy"));
  const Outcome alone = run(scratch, {"plan", "--model", "hf", "--tasks", "mmlu_anatomy"});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("give it the checkpoint's folder: --model hf"));
  const Outcome server = run(scratch, {"run", "--model", "local-completions", "--model_args",
                                       "model=x,base_url=http://y", "--tasks", "mmlu_anatomy"});
  EXPECT_EQ(server.exit_code, 2);
  EXPECT_THAT(server.err, HasSubstr("local-completions"));
}

TEST(LmEval, APastedLineRunsAndItsReadersFindTheResults) {
  const Scratch scratch;
  const Outcome outcome = run(scratch, {"lm_eval",         "run",
                                        "--model",         "hf",
                                        "--model_args",    "pretrained=" + nano(),
                                        "dtype=float32",   "--tasks",
                                        "mmlu_anatomy",    "mmlu_virology",
                                        "--batch_size",    "auto",
                                        "--num_fewshot",   "0",
                                        "--samples",       "{\"mmlu_anatomy\": [1, 0]}",
                                        "--output_path",   "out",
                                        "--log_samples",   "--seed",
                                        "0,1234,1234,1234"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("--batch_size auto: no result depends on a batch"));
}

/// Names of files below a folder, their dates as DATE, sorted.
std::vector<std::string> dated_names(const std::filesystem::path& folder) {
  static const std::regex date(R"(_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{6}\.)");
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
    if (file.is_regular_file())
      names.push_back(std::regex_replace(std::filesystem::relative(file.path(), folder).string(),
                                         date, "_DATE."));
  std::sort(names.begin(), names.end());
  return names;
}

/// The names are those of lm_eval 0.4.13: loggers/evaluation_tracker.py and sanitize_model_name of
/// utils.py.
TEST(LmEval, LinesWithOneOutputPathLieBesideEachOther) {
  const Scratch scratch;
  const auto paste = [&](const std::string& step, const std::string& path) {
    return run(scratch, {"lm_eval", "--model", "hf", "--model_args", "pretrained=" + nano(step),
                         "--tasks", "mmlu_anatomy", "--limit", "2", "--output_path", path});
  };
  for (const char* step : {"step_00800", "step_01600", "step_01600"}) {
    const Outcome outcome = paste(step, "out");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("--output-path: out/"));
  }
  const auto model = [](const std::string& step) {
    return std::regex_replace(nano(step), std::regex("/+"), "__") + "/";
  };
  const std::string results = "results_DATE.json", samples = "samples_mmlu_anatomy_DATE.jsonl";
  EXPECT_THAT(dated_names(scratch / "out"),
              ::testing::ElementsAre(model("step_00800") + results, model("step_00800") + samples,
                                     model("step_01600") + results, model("step_01600") + results,
                                     model("step_01600") + samples, model("step_01600") + samples));
  ASSERT_EQ(paste("step_01600", "one/res.json").exit_code, 0);
  EXPECT_THAT(dated_names(scratch / "one"), ::testing::ElementsAre("res_DATE.json", samples));
}

std::string refusal(const Words& words) {
  try {
    (void)parse_command_line(words);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(LmEval, WhatWasTypedAndChangesNothingStandsInTheResults) {
  const LmEvalTyped typed =
      parse_command_line({"lm_eval", "--model_args", "pretrained=m", "--tasks", "t", "-b", "auto:4",
                          "--seed", "1,None,3"})
          .options.lm_eval;
  EXPECT_EQ(typed.batch_size, "auto:4");
  EXPECT_THAT(typed.seeds, ElementsAre("1", "None", "3", "1234"));
  EXPECT_THAT(refusal({"run", "--seed", "x,1,2,3"}), HasSubstr("whole numbers, or None"));
}

TEST(LmEval, CachedRequestsAreOneOfThree) {
  EXPECT_EQ(refusal({"run", "--tasks", "t", "--cache_requests", "bogus"}),
            "--cache_requests must be true, refresh or delete: bogus");
  for (const char* value : {"true", "refresh", "delete"})
    EXPECT_EQ(translate_lm_eval({"run", "--cache_requests", value}).notes.size(), 1u);
}

// Prompts beyond the third are hashes (cli.md): who asks for lm_eval's files is told.
TEST(LmEval, HashedPromptsAreToldWhereItsFilesAreAskedFor) {
  const auto notes = [](Words words) {
    words.insert(words.begin(), "run");
    return translate_lm_eval(words).notes;
  };
  for (const char* flag : {"--log_samples", "--log-samples", "-s"})
    EXPECT_THAT(notes({"--output_path", "o", flag}),
                ElementsAre(HasSubstr("--log-prompts full writes them all")))
        << flag;
  EXPECT_THAT(notes({"-o", "o", "-s"}).size(), 1u);
  EXPECT_THAT(notes({"--output_path", "o"}), IsEmpty());
  EXPECT_THAT(notes({"--output-path", "o", "--log-samples"}), IsEmpty()) << "ours";
  EXPECT_THAT(notes({"-o", "o", "-s", "--log-prompts", "hash"}), IsEmpty()) << "chosen";
}

TEST(LmEval, LaunchersAreToldWhatToDrop) {
  EXPECT_EQ(refusal({"python3.11", "-m", "lm_eval", "--tasks", "t"}),
            "no such command; drop what stands before lm_eval (asked: python3.11)");
  EXPECT_EQ(refusal({"accelerate", "launch", "-m", "lm_eval", "--tasks", "t"}),
            "no such command; drop what stands before lm_eval; --data-parallel N computes on N "
            "devices (asked: accelerate)");
  EXPECT_THAT(refusal({"torchrun", "--nproc-per-node=8", "-m", "lm_eval"}),
              HasSubstr("--data-parallel N"));
  EXPECT_THAT(refusal({"accelerate", "launch", "train.py"}), HasSubstr("see flmeval --help"));
}

TEST(LmEval, AbbreviationsAreToldInFull) {
  for (const auto& [typed, whole] : {std::pair{"--num_few", "--num-fewshot"},
                                     {"--include_p", "--include-path"},
                                     {"--system_ins", "--system-instruction"},
                                     {"--batch_s", "--batch_size"}})
    EXPECT_THAT(refusal({"run", "--tasks", "t", "--model", "m", typed, "2"}),
                HasSubstr(std::string("did you mean ") + whole + "?"))
        << typed;
}

}  // namespace
}  // namespace flm::testing
