#include "harness/cli/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <new>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/flags.h"
#include "harness/cli/terminal_progress.h"
#include "harness/commands/bench_program.h"
#include "harness/commands/commands.h"

namespace flm {
namespace {

using Command = int (*)(const Options&, Progress&);

/// The parser and what it fills in. Kept together because CLI11 writes through pointers.
struct CommandLine {
  CLI::App app{"flmeval: scores Tele-FLM and other Llama-shaped checkpoints"};
  Options options;
  Command chosen = nullptr;

  CLI::App* add(const std::string& name, const std::string& about, const std::string& example,
                Command command) {
    CLI::App* sub = app.add_subcommand(name, about);
    sub->footer("Example: " + example + "\n");
    sub->add_flag("--quiet", options.quiet, "No progress and no notes");
    sub->callback([this, command] { chosen = command; });
    return sub;
  }
};

void add_scoring_commands(CommandLine& line) {
  Options& o = line.options;
  CLI::App* run = line.add("run", "Score a checkpoint on tasks",
                           "flmeval run --model models/nano/step_01600 --tasks bpb", command_run);
  add_model_flags(*run, o.model, false);  // --resume brings its own
  add_timing_flag(*run, o.model);
  add_task_flags(*run, o.task);
  add_predict_flag(*run, o.task);
  add_run_flags(*run, o.run);

  CLI::App* score = line.add("score", "Log-probability of every token of given texts, as JSONL",
                             "flmeval score --model DIR --text FILE", command_score);
  add_model_flags(*score, o.model);
  add_timing_flag(*score, o.model);
  score->add_option("--text", o.text_file, "A text file: one request, the whole file");
  score->add_option(
      "--tokens", o.tokens_file,
      "JSONL of {\"id\", \"tokens\"[, \"first_scored\"]} or {\"id\", \"text\"} (- = stdin)");
  score->add_option("--top", o.top, "Also the K most likely tokens of every position")
      ->check(CLI::NonNegativeNumber);
  score->add_flag("--json", o.json, "JSONL on stdout (always so)");

  CLI::App* generate =
      line.add("generate", "Continue prompts",
               "flmeval generate --model DIR --prompt 北京市是中国的首都 --max-new-tokens 128 "
               "--repetition-penalty 1.03",
               command_generate);
  add_model_flags(*generate, o.model);
  add_timing_flag(*generate, o.model);
  add_generation_flags(*generate, o);

  CLI::App* tokenize =
      line.add("tokenize", "Ids, pieces and byte spans of texts",
               "flmeval tokenize --model DIR --text 'Hello world'", command_tokenize);
  add_model_flags(*tokenize, o.model);
  tokenize->add_option("--text", o.text, "The text");
  tokenize->add_option("--file", o.text_file, "JSONL of {\"text\"} (- = stdin)");
  tokenize->add_flag("--json", o.json, "JSON on stdout (always so)");
}

void add_looking_commands(CommandLine& line) {
  Options& o = line.options;
  CLI::App* show = line.add("show", "The exact requests of a task",
                            "flmeval show --tasks gsm8k --num-fewshot 5 --doc 0", command_show);
  add_model_flags(*show, o.model, false);
  add_task_flags(*show, o.task);
  show->add_option("--doc", o.doc, "Only this document");
  show->add_option("--run", o.run.resume, "Also the results of a stored run");
  show->add_option("--store", o.run.store, "Run store");
  show->add_flag("--json", o.json, "JSONL, one line a request");

  CLI::App* plan = line.add("plan", "What a run would cost, without running it",
                            "flmeval plan --model DIR --tasks mmlu --num-fewshot 5", command_plan);
  add_model_flags(*plan, o.model);
  add_task_flags(*plan, o.task);
  plan->add_option("--store", o.run.store, "Run store (for the check of free disk)");
  plan->add_flag("--json", o.json, "One JSON document");
}

/// A subcommand that takes ACTION OPERAND... as free words.
CLI::App* add_action_command(CommandLine& line, const std::string& name, const std::string& about,
                             const std::string& example, Command command) {
  Options& o = line.options;
  CLI::App* sub = line.add(name, about, example, command);
  sub->add_option("words", o.operands, "What to do, then its operands");
  sub->add_flag("--json", o.json, "One JSON document on stdout");
  return sub;
}

void add_action_commands(CommandLine& line) {
  Options& o = line.options;
  CLI::App* tasks =
      add_action_command(line, "tasks", "list | validate FILE...: the tasks there are",
                         "flmeval tasks validate my_task.yaml", command_tasks);
  tasks->add_option("--include-path,--include_path", o.task.include_path,
                    "Also the task files below DIR");
  tasks->add_option("--data", o.task.data, "Root of the data sets");
  tasks->add_flag("--files-only,--files_only", o.files_only,
                  "validate: keys, templates and patterns alone, without data");

  CLI::App* data =
      add_action_command(line, "data", "list | verify [NAME...] | fetch NAME: the data sets",
                         "flmeval data verify --data DIR", command_data);
  data->add_option("--data", o.task.data, "Root of the data sets");

  add_action_command(line, "model", "show | verify DIR: config, tensors, parameters, hashes",
                     "flmeval model verify models/nano/step_01600", command_model);

  CLI::App* report = add_action_command(line, "report", "RUN...: any view of stored runs",
                                        "flmeval report RUN --format md", command_report);
  report->add_option("--format", o.format, "table, md, csv or json")
      ->check(CLI::IsMember({"table", "md", "csv", "json", "html"}))
      ->default_str("table");
  report->add_option("--store", o.run.store, "Run store");
  report->add_option("--published", o.published,
                     "Published figures beside the run's (table and md): tele-flm, or a YAML file");

  CLI::App* judge =
      add_action_command(line, "judge", "FILE: run exported programs, JSONL verdicts",
                         "flmeval judge programs.jsonl > verdicts.jsonl", command_judge);
  add_unsafe_flag(*judge, o.run);

  CLI::App* doctor =
      line.add("doctor", "Machine, libraries and devices: what will be used and what is missing",
               "flmeval doctor", command_doctor);
  doctor->add_flag("--json", o.json, "One JSON document");
  auto* model = doctor->add_option("--model", o.model.model, "Whose products to measure (--tune)");
  doctor->add_option("--device", o.model.device, "The GPU to measure (--tune): cuda, cuda:N");
  doctor->add_option("--precision", o.model.precision, "Operands (--tune): auto, fp32 or bf16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16"}));
  doctor
      ->add_flag_callback(
          "--tune", [&o] { o.action = "tune"; },
          "Measure a GPU's algorithms for the products of --model and write the table")
      ->needs(model);
}

/// Subcommands that are planned and not there yet answer so, instead of "unknown".
void add_later_commands(CommandLine& line) {
  for (const char* name : {"compare", "gate", "track"}) {
    CLI::App* sub = line.app.add_subcommand(name, "Not in this version");
    sub->allow_extras();
    sub->callback([name] {
      throw UserError(std::string("flmeval ") + name +
                      " is not in this version yet; see README.md");
    });
  }
}

/// Everything behind the word goes to the other program, --help too.
void add_bench_command(CommandLine& line) {
  CLI::App* bench =
      line.app.add_subcommand("bench", "list | run | compare OLD NEW: kernel micro-benchmarks");
  bench->set_help_flag();
  bench->prefix_command();
  bench->callback([bench] { start_bench_program(bench->remaining()); });
}

std::unique_ptr<CommandLine> make_command_line() {
  auto line = std::make_unique<CommandLine>();
  line->app.require_subcommand(1);
  line->app.set_version_flag("--version", "flmeval " FLM_VERSION);
  add_scoring_commands(*line);
  add_looking_commands(*line);
  add_action_commands(*line);
  add_bench_command(*line);
  add_later_commands(*line);
  return line;
}

void check_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0].starts_with("-")) return;
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  if (std::find(names.begin(), names.end(), arguments[0]) != names.end()) return;
  const std::string near = nearest_name(arguments[0], names);
  throw UserError(std::string("no such command") +
                  (near.empty() ? "; see flmeval --help" : "; did you mean " + near + "?") +
                  " (asked: " + arguments[0] + ")");
}

void parse(CommandLine& line, std::vector<std::string> arguments) {
  check_command(line.app, arguments);
  line.options.arguments = arguments;
  std::reverse(arguments.begin(), arguments.end());  // CLI11 wants them last first
  line.app.parse(std::move(arguments));
}

int report_error(const std::string& message, ExitCode code) {
  std::fprintf(stderr, "flmeval: %s\n", message.c_str());
  return code;
}

}  // namespace

Options parse_run_arguments(const std::vector<std::string>& arguments) {
  auto line = make_command_line();
  try {
    parse(*line, arguments);
  } catch (const CLI::ParseError& error) {
    throw UserError(std::string("the stored command line does not parse: ") + error.what());
  }
  return line->options;
}

int run_command_line(const std::vector<std::string>& arguments) {
  try {
    auto line = make_command_line();
    try {
      parse(*line, arguments);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return line->app.exit(error);  // --help, --version
      return report_error(std::string(error.what()) + "; see flmeval --help", kUserError);
    }
    TerminalProgress progress(line->options.quiet);
    return line->chosen(line->options, progress);
  } catch (const UserError& error) {
    return report_error(error.what(), kUserError);
  } catch (const std::bad_alloc&) {
    return report_error("out of memory; give a smaller --memory", kUserError);
  } catch (const std::exception& error) {
    return report_error(std::string("internal error: ") + error.what(), kInternalError);
  }
}

}  // namespace flm
