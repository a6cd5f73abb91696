#include "harness/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "harness/cli/flags.h"
#include "harness/cli/lm_eval/translate.h"
#include "reports/views/comparison/comparison_views.h"
#include "reports/views/views.h"

namespace flm {
namespace {

/// The parser and what it fills in. Kept together because CLI11 writes through pointers.
struct Parser {
  CLI::App app{"flmeval: scores Tele-FLM and other Llama-shaped checkpoints"};
  Options options;
  std::string chosen;  // subcommand

  CLI::App* add(const std::string& name, const std::string& about, const std::string& example) {
    CLI::App* sub = app.add_subcommand(name, about);
    sub->footer("Example: " + example + "\n");
    sub->add_flag("--quiet", options.quiet, "No progress and no notes");
    sub->callback([this, name] { chosen = name; });
    return sub;
  }
};

void add_scoring_commands(Parser& parser) {
  Options& o = parser.options;
  CLI::App* run = parser.add("run", "Score a checkpoint on tasks",
                             "flmeval run --model models/nano/step_01600 --tasks bpb");
  add_model_flags(*run, o.model, false);  // --resume brings its own
  add_timing_flag(*run, o.model);
  add_grace_flag(*run, o.model);
  add_task_flags(*run, o.task);
  add_predict_flag(*run, o.task);
  add_run_flags(*run, o.run);

  CLI::App* score = parser.add("score", "Log-probability of every token of given texts, as JSONL",
                               "flmeval score --model DIR --text FILE");
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
      parser.add("generate", "Continue prompts",
                 "flmeval generate --model DIR --prompt 北京市是中国的首都 --max-new-tokens 128 "
                 "--repetition-penalty 1.03");
  add_model_flags(*generate, o.model);
  add_timing_flag(*generate, o.model);
  add_generation_flags(*generate, o);

  CLI::App* tokenize = parser.add("tokenize", "Ids, pieces and byte spans of texts",
                                  "flmeval tokenize --model DIR --text 'Hello world'");
  add_model_flags(*tokenize, o.model);
  tokenize->add_option("--text", o.text, "The text");
  tokenize->add_option("--file", o.text_file, "JSONL of {\"text\"} (- = stdin)");
  tokenize->add_flag("--json", o.json, "JSON on stdout (always so)");
}

void add_looking_commands(Parser& parser) {
  Options& o = parser.options;
  CLI::App* show = parser.add("show", "The exact requests of a task",
                              "flmeval show --tasks gsm8k --num-fewshot 5 --doc 0");
  add_model_flags(*show, o.model, false);
  add_task_flags(*show, o.task);
  show->add_option("--doc", o.doc, "Only this document");
  show->add_option("--run", o.run.resume, "Also the results of a stored run");
  show->add_option("--store", o.run.store, "Run store");
  show->add_flag("--json", o.json, "JSONL, one line a request");

  CLI::App* plan = parser.add("plan", "What a run would cost, without running it",
                              "flmeval plan --model DIR --tasks mmlu --num-fewshot 5");
  add_model_flags(*plan, o.model);
  add_task_flags(*plan, o.task);
  plan->add_option("--store", o.run.store, "Run store (for the check of free disk)");
  plan->add_option(
      "--on", o.gpus,
      "GPUs that are not here, [NODESx]GPUSxPART: what scoring would take on them, and "
      "where it stops scaling (8xh100, 2x8xh100; a100, h100, h200)");
  plan->add_flag("--json", o.json, "One JSON document");
}

std::vector<std::string> view_names() {
  std::vector<std::string> names;
  for (const View& view : views()) names.push_back(view.name);
  return names;
}

/// "a, b or c"
std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return out;
}

/// A subcommand that takes ACTION OPERAND... as free words.
CLI::App* add_action_command(Parser& parser, const std::string& name, const std::string& about,
                             const std::string& example) {
  Options& o = parser.options;
  CLI::App* sub = parser.add(name, about, example);
  sub->add_option("words", o.operands, "What to do, then its operands");
  sub->add_flag("--json", o.json, "One JSON document on stdout");
  return sub;
}

void add_gate_command(Parser& parser) {
  Options& o = parser.options;
  CLI::App* gate = parser.add("gate",
                              "POLICY.yaml A B: a decision over two runs; exit 0 pass, 1 fail, 3 "
                              "inconclusive or data missing",
                              "flmeval gate gate.yaml runs/A runs/B --junit gate.xml");
  gate->add_option("words", o.operands, "The policy, the reference A, and B");
  gate->add_flag(
      "--explain", o.gate.explain,
      "What the policy can see: needs no run; with A its sizes, with B too their spread");
  gate->add_option("--series", o.gate.series,
                   "A series of flmeval track in place of two runs: rules no-rise");
  gate->add_option("--junit", o.gate.junit, "Also a JUnit file, one case a rule");
  gate->add_flag("--github", o.gate.github,
                 "Also GitHub's annotations and step summary (always under GITHUB_ACTIONS)");
  gate->add_option("--store", o.run.store, "Run store");
  gate->add_flag("--json", o.json, "One JSON document");
}

void add_action_commands(Parser& parser) {
  Options& o = parser.options;
  CLI::App* tasks =
      add_action_command(parser, "tasks", "list | validate FILE...: the tasks there are",
                         "flmeval tasks validate my_task.yaml");
  tasks->add_option("--include-path,--include_path", o.task.include_path,
                    "Also the task files below DIR");
  add_native_flag(*tasks, o.task);
  tasks->add_option("--data", o.task.data, "Root of the data sets");
  tasks->add_flag("--files-only,--files_only", o.files_only,
                  "validate: keys, templates and patterns alone, without data");

  CLI::App* data =
      add_action_command(parser, "data", "list | verify [NAME...] | fetch NAME: the data sets",
                         "flmeval data verify --data DIR");
  data->add_option("--data", o.task.data, "Root of the data sets");

  CLI::App* model =
      add_action_command(parser, "model", "show | verify DIR: config, tensors, parameters, hashes",
                         "flmeval model verify models/nano/step_01600");
  add_checkpoint_flags(*model, o.model);
  model->add_option("--against", o.against,
                    "verify: another folder, such as the one DIR is a copy of; names the tensors "
                    "and chunks that differ");

  CLI::App* report = add_action_command(parser, "report", "RUN...: any view of stored runs",
                                        "flmeval report RUN --format md");
  const std::vector<std::string> formats = view_names();
  report->add_option("--format", o.format, list_of(formats))
      ->check(CLI::IsMember(formats))
      ->default_str("text");
  report->add_flag("--all", o.all, "text: the tasks below groups, every figure and note too");
  report->add_option("--store", o.run.store, "Run store");
  add_html_samples_flag(*report, o.run);
  report->add_option("--published", o.published,
                     "Published figures beside the run's (text and md): tele-flm, or a YAML file");

  CLI::App* watch = parser.add("watch", "[RUN]: follow a run that is computed, then its report",
                               "flmeval watch RUN");
  watch->add_option("run", o.operands, "An id, name or folder (default: the newest run)");
  watch->add_flag("--all", o.all, "Report: the tasks below groups, every figure and note too");
  watch->add_option("--store", o.run.store, "Run store");
  watch->add_flag("--json", o.json, "results.json on stdout at the end");

  CLI::App* compare = parser.add(
      "compare",
      "A B [C...]: paired differences of stored runs, or of lm-evaluation-harness's output",
      "flmeval compare runs/A runs/B");
  compare->add_option("runs", o.operands, "Ids, names or folders; the first is the reference");
  compare->add_option("--reference", o.comparison.reference,
                      "The run that the others are held against");
  compare->add_option("--tasks", o.comparison.tasks, "Only these tasks or groups, * for any")
      ->delimiter(',');
  compare->add_option("--metric", o.comparison.metric,
                      "METRIC or METRIC,FILTER that is judged, in place of each task's first");
  std::vector<std::string> comparison_formats;
  for (const ComparisonFormat& view : comparison_views()) comparison_formats.push_back(view.name);
  compare->add_option("--format", o.comparison.format, list_of(comparison_formats))
      ->check(CLI::IsMember(comparison_formats));
  compare->add_flag("--all", o.comparison.all,
                    "Also the tasks inside groups, every metric, every pair of runs");
  compare->add_flag("--raw", o.comparison.raw, "Also p before it was adjusted");
  compare->add_option("--flips", o.comparison.flips, "List N items that turned, lost ones first")
      ->check(CLI::NonNegativeNumber);
  add_html_samples_flag(*compare, o.run);
  compare->add_option("--store", o.run.store, "Run store");
  compare->add_flag("--json", o.json, "One JSON document: --format json");

  add_gate_command(parser);

  CLI::App* judge =
      add_action_command(parser, "judge", "FILE: run exported programs, JSONL verdicts",
                         "flmeval judge programs.jsonl > verdicts.jsonl");
  add_unsafe_flag(*judge, o.run);

  CLI::App* doctor =
      parser.add("doctor", "Machine, libraries and devices: what will be used and what is missing",
                 "flmeval doctor");
  doctor->add_flag("--json", o.json, "One JSON document");
  auto* tuned = doctor->add_option("--model", o.model.model, "Whose products to measure (--tune)");
  doctor->add_option("--device", o.model.device, "The GPU to measure (--tune): cuda, cuda:N");
  doctor->add_option("--precision", o.model.precision, "Operands (--tune): auto, fp32 or bf16")
      ->check(CLI::IsMember({"auto", "fp32", "bf16"}));
  doctor
      ->add_flag_callback(
          "--tune", [&o] { o.action = "tune"; },
          "Measure a GPU's algorithms for the products of --model and write the table")
      ->needs(tuned);
}

void add_track_command(Parser& parser) {
  Options& o = parser.options;
  CLI::App* track = parser.add(
      "track", "Score a series of checkpoints, and show its loss and its figures as curves",
      "flmeval track --series 'models/nano/step_*' --tasks bpb --data models/nano --name nano");
  add_track_flags(*track, o);
  add_engine_flags(*track, o.model);
  add_task_flags(*track, o.task);
}

/// Everything behind the word goes to the other program, --help too.
void add_bench_command(Parser& parser) {
  CLI::App* bench =
      parser.app.add_subcommand("bench", "list | run | compare OLD NEW: kernel micro-benchmarks");
  bench->set_help_flag();
  bench->prefix_command();
  bench->callback([&parser, bench] {
    parser.chosen = "bench";
    parser.options.operands = bench->remaining();
  });
}

std::unique_ptr<Parser> make_parser() {
  auto parser = std::make_unique<Parser>();
  parser->app.require_subcommand(1);
  parser->app.set_version_flag("--version", "flmeval " FLM_VERSION);
  add_scoring_commands(*parser);
  add_looking_commands(*parser);
  add_action_commands(*parser);
  add_bench_command(*parser);
  add_track_command(*parser);
  return parser;
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

/// What the subcommand did not know, in the order typed, with the flag that is nearest to the
/// first.
[[noreturn]] void unknown_words(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::vector<std::string> words = command.remaining();
  std::string typed;
  for (const std::string& word : words) typed += (typed.empty() ? "" : " ") + word;
  const std::string first = words.empty() ? "" : words[0].substr(0, words[0].find('='));
  const std::string near = first.starts_with("--") ? nearest_name(first, names) : "";
  throw UserError(std::string(first.starts_with("-") ? "no such flag" : "a word too many") +
                  (near.empty() ? "; see flmeval " + command.get_name() + " --help"
                                : "; did you mean " + near + "?") +
                  " (typed: " + typed + ")");
}

/// What was given of a subcommand's flags; of one that takes no value, the last word.
std::vector<TypedFlag> typed_flags(const CLI::App& command) {
  std::vector<TypedFlag> typed;
  for (const CLI::Option* option : command.get_options())
    if (option->count() > 0 && !option->get_lnames().empty()) {
      std::vector<std::string> values = option->results();
      if (option->get_expected_min() == 0) values.erase(values.begin(), values.end() - 1);
      typed.push_back({"--" + option->get_lnames().front(), std::move(values)});
    }
  return typed;
}

void parse(Parser& parser, std::vector<std::string> arguments) {
  check_command(parser.app, arguments);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 wants them last first
  parser.app.parse(std::move(arguments));
  for (const CLI::App* command : parser.app.get_subcommands())
    parser.options.typed = typed_flags(*command);
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  const auto parser = make_parser();
  TranslatedLine line = translate_lm_eval(arguments);
  try {
    parse(*parser, std::move(line.words));
  } catch (const CLI::ParseError& error) {
    if (error.get_name() == "ExtrasError" && !parser->app.get_subcommands().empty())
      unknown_words(*parser->app.get_subcommands().front());
    if (error.get_exit_code() != 0)
      throw UserError(std::string(error.what()) + "; see flmeval --help");
    std::ostringstream text;  // --help or --version
    parser->app.exit(error, text);
    return {"", {}, text.str(), {}};
  }
  return {parser->chosen, std::move(parser->options), "", std::move(line.notes)};
}

Options parse_stored_arguments(const std::vector<std::string>& arguments) {
  const auto parser = make_parser();
  try {
    parse(*parser, arguments);
  } catch (const CLI::ParseError& error) {
    throw UserError(
        std::string("the flags of the stored run and those typed do not go together: ") +
        error.what());
  }
  return std::move(parser->options);
}

std::vector<TypedFlag> flags_of_run(std::vector<TypedFlag> typed) {
  const auto parser = make_parser();
  const CLI::App* run = parser->app.get_subcommand("run");
  std::erase_if(typed, [&](const TypedFlag& flag) { return !run->get_option_no_throw(flag.name); });
  return typed;
}

bool leaves_fingerprint(const std::string& flag) {
  static const std::vector<std::string> flags = {"--resume",
                                                 "--fresh",
                                                 "--store",
                                                 "--grace",
                                                 "--json",
                                                 "--quiet",
                                                 "--threads",
                                                 "--memory",
                                                 "--host-memory",
                                                 "--output",
                                                 "--data-parallel",
                                                 "--tensor-parallel",
                                                 "--name",
                                                 "--time-operations",
                                                 "--log-samples",
                                                 "--log-prompts",
                                                 "--verify",
                                                 "--verify-against",
                                                 "--export-code",
                                                 "--code-verdicts",
                                                 "--unsafe-code-execution",
                                                 "--accept-native-functions"};
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

std::vector<std::string> arguments_of(const std::vector<TypedFlag>& flags) {
  std::vector<std::string> arguments = {"run"};
  for (const TypedFlag& flag : flags) {
    if (flag.values.front().empty()) {  // behind "=" the next word would be taken
      arguments.insert(arguments.end(), {flag.name, ""});
    } else {  // a value may begin with a hyphen
      arguments.push_back(flag.name + "=" + flag.values.front());
    }
    arguments.insert(arguments.end(), flag.values.begin() + 1, flag.values.end());
  }
  return arguments;
}

}  // namespace flm
