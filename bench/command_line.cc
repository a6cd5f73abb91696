#include "bench/command_line.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/errors.h"
#include "base/system/standard_output.h"
#include "base/system/system_error.h"
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

int guarded(const std::function<int()>& command) {
  try {
    const int code = command();
    flush_stdout();
    return code;
  } catch (const UserError& error) {
    std::fprintf(stderr, "flmeval bench: %s\n", error.what());
    return 2;
  } catch (const IncompleteError& error) {
    flush_stdout();
    std::fprintf(stderr, "flmeval bench: %s\n", error.what());
    return 3;
  } catch (const std::filesystem::filesystem_error& error) {
    const std::string path = error.path1().string();
    std::fprintf(stderr, "flmeval bench: the file system says %s; %s: %s\n",
                 error.code().message().c_str(), remedy_of(error.code().value()).c_str(),
                 path.empty() ? error.what() : path.c_str());
    return 2;
  } catch (const std::system_error& error) {  // threads that cannot be made, for one
    std::fprintf(stderr, "flmeval bench: the system says %s; %s\n", error.code().message().c_str(),
                 remedy_of(error.code().value()).c_str());
    return 2;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "flmeval bench: out of memory; choose smaller rows with --filter\n");
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "flmeval bench: internal error: %s\n", error.what());
    return 70;
  }
}

/// A word that nobody knows: the flag nearest to it, or how rows are chosen; 0 where all are known.
int refuse_word(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  if (words.empty()) return 0;
  if (!words[0].starts_with('-')) {
    std::fprintf(stderr, "flmeval bench: rows are chosen by --filter (typed: %s)\n",
                 words[0].c_str());
    return 2;
  }
  const std::string flag = words[0].substr(0, words[0].find('='));
  std::vector<std::string> known;
  const std::vector<CLI::App*> actions = app.get_subcommands();
  for (const CLI::Option* option : (actions.empty() ? &app : actions.front())->get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  const std::string near = nearest_name(flag, known);
  std::fprintf(
      stderr, "flmeval bench: no such flag%s (typed: %s)\n",
      near.empty() ? "; see flmeval bench --help" : ("; did you mean " + near + "?").c_str(),
      flag.c_str());
  return 2;
}

int refuse_action(const std::string& action) {
  const std::string near = nearest_name(action, {"list", "run", "compare"});
  std::fprintf(stderr, "flmeval bench: no such action; %s: %s\n",
               near.empty() ? "list, run or compare" : ("did you mean " + near + "?").c_str(),
               action.c_str());
  return 2;
}

}  // namespace

int run_bench_command_line(const std::vector<std::string>& arguments) {
  BenchOptions options;
  std::function<int()> chosen;
  CLI::App app("Kernel micro-benchmarks: verified, measured against this machine's ceilings",
               "flmeval bench");
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", "flmeval " FLM_VERSION);
  CLI::App* list_app = app.add_subcommand("list", "Every row there is, with its cost");
  list_app->footer("Example: flmeval bench list --filter gemm_qkv");
  add_choice_flags(*list_app, options);
  list_app->callback([&] { chosen = [&] { return list_rows(options); }; });
  CLI::App* run_app = app.add_subcommand("run", "Verify and time rows");
  run_app->footer("Example: flmeval bench run --filter 'gemm.*smollm2.*T:512' --output report");
  add_choice_flags(*run_app, options);
  add_full_flag(*run_app, options);
  add_sampler_flags(*run_app, options, "report.md, roofline.svg, results.json");
  run_app
      ->add_option("--repetitions", options.run.repetitions, "Times that each row is sampled anew")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  run_app
      ->add_option("--budget", options.budget,
                   "Seconds for all rows, each at most its share of what is left; 0: none. "
                   "Default: 240 a repetition for the default set, none with --full or --filter")
      ->check(zero_or_more());
  run_app->add_flag("--time-operations", options.time_operations,
                    "At the end, on stderr: calls, ms, GB/s and TFLOP/s of each operation of the "
                    "engine, checks and warm-up among them (rows of microseconds become slower)");
  run_app->add_flag("--strict", options.strict,
                    "Exit code 1 also where a row's interval stayed wide or the machine was busy");
  run_app->add_option("--out", options.result_file, "Write the JSON here");
  run_app->callback([&] { chosen = [&] { return run_and_report(options); }; });
  CLI::App* compare_app = app.add_subcommand("compare", "What became faster or slower");
  compare_app->footer(
      "Examples:\n"
      "  flmeval bench compare old.json new.json     (each of run --repetitions 10 --out FILE)\n"
      "  flmeval bench compare old/flmeval new/flmeval --filter gemm --threads 1");
  compare_app->add_option("OLD", options.before, kSide)->required();
  compare_app->add_option("NEW", options.after, kSide)->required();
  add_choice_flags(*compare_app, options);
  add_full_flag(*compare_app, options);
  add_sampler_flags(*compare_app, options, "compare.md, roofline.svg, compare.json");
  compare_app->add_option("--rounds", options.rounds, "Rounds A B B A of two executables")
      ->check(CLI::Range(1, 50))
      ->capture_default_str();
  compare_app->add_option("--alpha", options.compare.alpha, "Of the corrected p")
      ->check(at_most(1))
      ->capture_default_str();
  compare_app
      ->add_option("--threshold", options.compare.least_threshold, "Least change that counts")
      ->check(at_most(10))
      ->capture_default_str();
  compare_app->add_flag("--strict", options.strict,
                        "Exit code 1 also where a row is AMBIGUOUS or one side lacks it");
  compare_app->add_flag("--force", options.force, "Compare in spite of another machine or sampler");
  compare_app->callback([&, compare_app] {
    options.measuring = typed_of_measuring(*compare_app);
    chosen = [&] { return compare_sides(options); };
  });
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    if (!chosen && !arguments.empty() && !arguments.front().starts_with('-') &&
        app.get_subcommands().empty())
      return refuse_action(arguments.front());
    if (const int refused = refuse_word(app)) return refused;
    std::fprintf(stderr, "flmeval bench: %s; see flmeval bench --help\n", error.what());
    return 2;
  }
  return guarded(chosen);
}

}  // namespace flm::bench
