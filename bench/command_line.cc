#include "bench/command_line.h"

#include <CLI/CLI.hpp>
#include <functional>

#include "base/errors.h"
#include "base/system/exit_code.h"
#include "base/system/standard_output.h"
#include "base/text/nearest_name.h"
#include "base/text/number_flags.h"
#include "bench/commands.h"

namespace flm::bench {
namespace {

constexpr const char* kSide = "Result file, folder of run --output, or executable";

void add_choice_flags(CLI::App& app, BenchOptions& o) {
  app.add_option("--filter", o.choice.filter, "Only rows whose name this expression finds");
  app.add_option("--dtype", o.choice.dtype, "fp32, bf16w (fp32 on bf16 weights), bf16")
      ->check(CLI::IsMember({"fp32", "bf16w", "bf16"}));
  app.add_option("--threads", o.threads, "1, all or both")
      ->check(CLI::IsMember({"1", "all", "both"}))
      ->capture_default_str();
  app.add_flag("--json", o.json, "JSON on stdout");
  app.add_flag("--quiet", o.quiet, "No progress, no notes");
}

/// Of what measures rows: all are listed as it is.
void add_full_flag(CLI::App& app, BenchOptions& o) {
  app.add_flag("--full", o.choice.full, "Also the rows outside the default set");
}

void add_sampler_flags(CLI::App& app, BenchOptions& o, const std::string& written) {
  SamplerSettings& s = o.run.sampler;
  app.add_option("--half-width", s.half_width,
                 "Stop when the 95% interval of the median is +- this")
      ->check(above_zero())
      ->capture_default_str();
  app.add_option("--samples", s.least_samples, "At least so many samples")
      ->check(CLI::Range(6, 1000000))
      ->capture_default_str();
  app.add_option("--min-seconds", s.least_seconds, "At least so much timed work")
      ->check(zero_or_more())
      ->capture_default_str();
  app.add_option("--max-seconds", s.most_seconds, "At most so much wall time for a repetition")
      ->check(above_zero())
      ->capture_default_str();
  app.add_option("--warm-up", s.warm_up_seconds, "At least so much warm-up")
      ->check(zero_or_more())
      ->capture_default_str();
  app.add_option("--ceilings", o.ceilings_file, "Take the ceilings of this result file");
  app.add_option("--output", o.output_folder, "Folder for " + written);
  app.add_option("--inject-slowdown", o.slowdown,
                 "REGEX=PERCENT: make matching rows so much slower (to test compare)");
}

/// Those that were typed of the flags that say how two programs are measured.
std::vector<std::string> typed_of_measuring(const CLI::App& app) {
  std::vector<std::string> typed;
  for (const char* flag : {"--rounds", "--half-width", "--samples", "--min-seconds",
                           "--max-seconds", "--warm-up", "--ceilings", "--inject-slowdown"})
    if (app.count(flag) > 0) typed.push_back(flag);
  return typed;
}

const ErrorVoice kVoice = {"flmeval bench", "choose smaller rows with --filter"};

int complain(const std::string& message) {
  tell_error(kVoice, message);
  return kUserError;
}

/// What was printed before an error that leaves something behind stands before its line.
int guarded(const std::function<int()>& command) {
  return exit_code_of(kVoice, [&] {
    try {
      const int code = command();
      flush_stdout();
      return code;
    } catch (const IncompleteError&) {
      flush_stdout();
      throw;
    }
  });
}

/// A word that nobody knows: the flag nearest to it, or how rows are chosen; 0 where all are known.
int refuse_word(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  if (words.empty()) return 0;
  if (!words[0].starts_with('-'))
    return complain("rows are chosen by --filter (typed: " + words[0] + ")");
  const std::string flag = words[0].substr(0, words[0].find('='));
  std::vector<std::string> known;
  const std::vector<CLI::App*> actions = app.get_subcommands();
  for (const CLI::Option* option : (actions.empty() ? &app : actions.front())->get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  const std::string near = nearest_name(flag, known);
  return complain("no such flag; " +
                  (near.empty() ? "see flmeval bench --help" : "did you mean " + near + "?") +
                  " (typed: " + flag + ")");
}

int refuse_action(const std::string& action) {
  const std::string near = nearest_name(action, {"list", "run", "compare"});
  return complain("no such action; " +
                  (near.empty() ? "list, run or compare" : "did you mean " + near + "?") + ": " +
                  action);
}

using Command = std::function<int()>;

void add_list(CLI::App& app, BenchOptions& o, Command& chosen) {
  CLI::App* list = app.add_subcommand("list", "Every row there is, with its cost");
  list->footer("Example: flmeval bench list --filter gemm_qkv");
  add_choice_flags(*list, o);
  list->callback([&] { chosen = [&] { return list_rows(o); }; });
}

void add_run(CLI::App& app, BenchOptions& o, Command& chosen) {
  CLI::App* run = app.add_subcommand("run", "Verify and time rows");
  run->footer("Example: flmeval bench run --filter 'gemm.*smollm2.*T:512' --output report");
  add_choice_flags(*run, o);
  add_full_flag(*run, o);
  add_sampler_flags(*run, o, "report.md, roofline.svg, results.json");
  run->add_option("--repetitions", o.run.repetitions, "Times that each row is sampled anew")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  run->add_option("--budget", o.budget,
                  "Seconds for all rows, each at most its share of what is left; 0: none. "
                  "Default: 240 a repetition for the default set, none with --full or --filter")
      ->check(zero_or_more());
  run->add_flag("--time-operations", o.time_operations,
                "At the end, on stderr: calls, ms, GB/s and TFLOP/s of each operation of the "
                "engine, checks and warm-up among them (rows of microseconds become slower)");
  run->add_flag("--strict", o.strict,
                "Exit code 1 also where a row's interval stayed wide or the machine was busy");
  run->add_option("--out", o.result_file, "Write the JSON here");
  run->callback([&] { chosen = [&] { return run_and_report(o); }; });
}

void add_compare(CLI::App& app, BenchOptions& o, Command& chosen) {
  CLI::App* compare = app.add_subcommand("compare", "What became faster or slower");
  compare->footer(
      "Examples:\n"
      "  flmeval bench compare old.json new.json     (each of run --repetitions 10 --out FILE)\n"
      "  flmeval bench compare old/flmeval new/flmeval --filter gemm --threads 1");
  compare->add_option("OLD", o.before, kSide)->required();
  compare->add_option("NEW", o.after, kSide)->required();
  add_choice_flags(*compare, o);
  add_full_flag(*compare, o);
  add_sampler_flags(*compare, o, "compare.md, roofline.svg, compare.json");
  compare->add_option("--rounds", o.rounds, "Rounds A B B A of two executables")
      ->check(CLI::Range(1, 50))
      ->capture_default_str();
  compare->add_option("--alpha", o.compare.alpha, "Of the corrected p")
      ->check(at_most(1))
      ->capture_default_str();
  compare->add_option("--threshold", o.compare.least_threshold, "Least change that counts")
      ->check(at_most(10))
      ->capture_default_str();
  compare->add_flag("--strict", o.strict,
                    "Exit code 1 also where a row is AMBIGUOUS or one side lacks it");
  compare->add_flag("--force", o.force, "Compare in spite of another machine or sampler");
  compare->callback([&, compare] {
    o.measuring = typed_of_measuring(*compare);
    chosen = [&] { return compare_sides(o); };
  });
}

/// What cannot be parsed, in our words where we have any.
int refuse(const CLI::App& app, const std::vector<std::string>& arguments, bool chosen,
           const std::string& why) {
  const bool no_action = !chosen && app.get_subcommands().empty();
  if (no_action && !arguments.empty() && !arguments.front().starts_with('-'))
    return refuse_action(arguments.front());
  if (const int refused = refuse_word(app)) return refused;
  return complain(why + "; see flmeval bench --help");
}

}  // namespace

int run_bench_command_line(const std::vector<std::string>& arguments) {
  BenchOptions options;
  Command chosen;
  CLI::App app("Kernel micro-benchmarks: verified, measured against this machine's ceilings",
               "flmeval bench");
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", "flmeval " FLM_VERSION);
  add_list(app, options, chosen);
  add_run(app, options, chosen);
  add_compare(app, options, chosen);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return refuse(app, arguments, static_cast<bool>(chosen), error.what());
  }
  return guarded(chosen);
}

}  // namespace flm::bench
