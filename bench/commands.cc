#include "bench/commands.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <regex>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/machine.h"
#include "base/system/standard_output.h"
#include "base/system/terminal_size.h"
#include "base/text/nearest_name.h"
#include "bench/cuda/cuda_rows.h"
#include "bench/options.h"
#include "bench/plain_progress.h"
#include "bench/timing/interleave.h"
#include "bench/timing/stop.h"
#include "bench/views/roofline.h"
#include "bench/views/strict.h"
#include "bench/views/views.h"

namespace flm::bench {
namespace {

constexpr const char* kSide = "Result file, folder of run --output, or executable";
constexpr double kCeilingSeconds = 0.25;  // for each of about 16
constexpr double kDefaultBudget = 240;    // of one repetition of the default set

void add_choice_flags(CLI::App& app, BenchOptions& o) {
  app.add_option("--filter", o.choice.filter, "Only rows whose name this expression finds");
  app.add_option("--dtype", o.choice.dtype, "fp32, bf16w (fp32 on bf16 weights), bf16")
      ->check(CLI::IsMember({"fp32", "bf16w", "bf16"}));
  app.add_option("--threads", o.threads, "1, all or both")
      ->check(CLI::IsMember({"1", "all", "both"}))
      ->capture_default_str();
  app.add_flag("--full", o.choice.full, "Also the rows outside the default set");
  app.add_flag("--json", o.json, "JSON on stdout");
  app.add_flag("--quiet", o.quiet, "No progress, no notes");
}

/// CLI11's own print the largest double with all its digits, and let NaN and infinity through.
CLI::Validator number_that(const std::function<bool(double)>& fits, const std::string& which) {
  return CLI::Validator(
      [fits, which](std::string& text) {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(text, value) && std::isfinite(value);
        return number && fits(value) ? std::string() : "wants a number " + which + ": " + text;
      },
      which);
}

CLI::Validator above_zero() {
  return number_that([](double value) { return value > 0; }, "above 0");
}

CLI::Validator zero_or_more() {
  return number_that([](double value) { return value >= 0; }, "of at least 0");
}

CLI::Validator at_most(int most) {
  return number_that([most](double value) { return value >= 0 && value <= most; },
                     "from 0 to " + std::to_string(most));
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

/// Of a terminal; 0: no limit, as in a file.
std::size_t columns_of_stdout() {
  return static_cast<std::size_t>(columns_of_terminal(STDOUT_FILENO));
}

int list(BenchOptions& o) {
  o.choice.full = true;
  resolve(o, available_threads());
  const std::vector<Row> rows = chosen_rows(every_row(available_threads()), o.choice);
  std::fputs((o.json ? list_json(rows) : list_text(rows, columns_of_stdout())).c_str(), stdout);
  return 0;
}

void prepare(CeilingMeter& ceilings, const std::set<std::string>& needed, BenchOptions& o,
             Progress& progress) {
  if (o.ceilings_file.empty()) return ceilings.measure_all(needed, kCeilingSeconds, progress);
  o.run.ceilings_beside = false;
  const Ceilings known = stored_ceilings(read_results(o.ceilings_file));
  if (known.empty()) throw UserError("no measured ceilings in --ceilings " + o.ceilings_file);
  ceilings.start_from(known);
}

/// One figure is all that an estimate is good for.
std::string about(double seconds) {
  return seconds < 100 ? fixed(std::ceil(seconds), 0) + " s"
                       : fixed(std::ceil(seconds / 60), 0) + " min";
}

std::string estimate_text(const Estimate& estimate, std::size_t rows) {
  return std::to_string(rows) + " rows: about " + about(estimate.quiet) +
         " on a quiet machine, at most about " + about(estimate.most) + " on a busy one";
}

/// What a reader must know of the figures that follow.
void note_conditions(const std::vector<Row>& all, const Machine& machine, const BenchOptions& o,
                     Progress& progress) {
  for (const std::string& line :
       {left_out(all, o.choice),
        busy_note(environment(machine)["load_average_at_start"], machine.threads)})
    if (!line.empty()) progress.note(line);
}

/// Each on stderr, quiet or not; whether there are any.
bool told(const std::vector<std::string>& faults) {
  for (const std::string& fault : faults)
    std::fprintf(stderr, "flmeval bench: --strict: %s\n", fault.c_str());
  return !faults.empty();
}

/// What no file can come of is told before anything is measured.
void check_places(const BenchOptions& o) {
  std::error_code error;
  std::filesystem::create_directories(o.output_folder.empty() ? "." : o.output_folder, error);
  if (error)
    throw UserError("--output: no folder can be made there (" + error.message() +
                    "); give another: " + o.output_folder);
  const std::filesystem::path file = o.result_file;
  if (!file.empty() && (std::filesystem::is_directory(file) ||
                        access(std::filesystem::absolute(file).parent_path().c_str(), W_OK) != 0))
    throw UserError("--out cannot be written; give a file in a folder that is there: " +
                    o.result_file);
}

void write_results(const BenchOptions& o, const ResultFile& results, const std::string& json) try {
  if (!o.result_file.empty()) write_file_atomically(o.result_file, json);
  if (o.output_folder.empty()) return;
  write_file_atomically(o.output_folder + "/results.json", json);
  write_file_atomically(o.output_folder + "/report.md", results_markdown(results));
  write_file_atomically(o.output_folder + "/roofline.svg", roofline_svg(results));
} catch (const UserError& fault) {
  throw UserError(std::string(fault.what()) + "; what was measured stands on stdout alone" +
                  (o.json ? ", as the JSON of the file" : ""));
}

int run(BenchOptions& o) {
  answer_stops();
  o.run.stopped = is_stopped;
  PlainProgress progress(o.quiet);
  check_places(o);
  const Machine machine = this_machine();
  resolve(o, machine.threads);
  const std::vector<Row> all = every_row(machine.threads), rows = chosen_rows(all, o.choice);
  note_conditions(all, machine, o, progress);
  CeilingMeter ceilings(machine);
  prepare(ceilings, needed_ceilings(rows, machine), o, progress);
  if (o.ceilings_file.empty()) ceilings.add(cuda_ceilings(rows));
  o.run.memory_bytes = 0.9 * static_cast<double>(available_memory());
  o.run.budget_seconds = o.budget >= 0 ? o.budget
                         : o.choice.full || !o.choice.filter.empty()
                             ? 0
                             : kDefaultBudget * o.run.repetitions;
  progress.note(estimate_text(estimate_of(rows, ceilings.best(), machine, o.run), rows.size()));
  if (o.time_operations) o.run.operation_log = std::make_shared<OperationLog>();
  const std::string json = run_rows(rows, ceilings, machine, o.run, progress);
  if (o.time_operations)
    for (const std::string& line : table_of(o.run.operation_log->times())) progress.note(line);
  const ResultFile results = parse_results(json, "results");
  // Before the files, so that what was measured is seen where they cannot be written.
  std::fputs(o.json ? json.c_str() : results_text(results, columns_of_stdout()).c_str(), stdout);
  write_results(o, results, json);
  if (results.context.contains("stopped"))
    throw IncompleteError("stopped; what was measured is kept");
  return has_failures(results) || (o.strict && told(strict_faults(results))) ? 1 : 0;
}

/// The flags of `run` that the children of an interleaved comparison get.
std::vector<std::string> child_arguments(const BenchOptions& o) {
  const SamplerSettings& s = o.run.sampler;
  std::vector<std::string> words = {"--filter",      o.choice.filter,
                                    "--threads",     o.threads,
                                    "--half-width",  std::to_string(s.half_width),
                                    "--samples",     std::to_string(s.least_samples),
                                    "--min-seconds", std::to_string(s.least_seconds),
                                    "--max-seconds", std::to_string(s.most_seconds),
                                    "--warm-up",     std::to_string(s.warm_up_seconds)};
  if (!o.choice.dtype.empty()) words.insert(words.end(), {"--dtype", o.choice.dtype});
  if (o.choice.full) words.push_back("--full");
  return words;
}

/// Those that were typed of the flags that say how two programs are measured.
std::vector<std::string> typed_of_measuring(const CLI::App& app) {
  std::vector<std::string> typed;
  for (const char* flag : {"--rounds", "--half-width", "--samples", "--min-seconds",
                           "--max-seconds", "--warm-up", "--ceilings", "--inject-slowdown"})
    if (app.count(flag) > 0) typed.push_back(flag);
  return typed;
}

/// The rows of a result file that the flags choose.
ResultFile chosen_results(const std::string& path, const RowChoice& choice) {
  ResultFile file = read_results(path);
  const RowFilter filter(choice);
  std::erase_if(file.rows, [&](const ResultRow& row) { return !filter.finds(row.name); });
  return file;
}

/// What was measured is not measured again. A side without a chosen row may be a mistake of the
/// other's, two without one are a mistake of the flags.
std::pair<ResultFile, ResultFile> stored_sides(const BenchOptions& o) {
  if (!o.measuring.empty())
    throw UserError("result files are compared as they were measured; leave it out: " +
                    o.measuring.front());
  std::pair<ResultFile, ResultFile> sides{chosen_results(o.before, o.choice),
                                          chosen_results(o.after, o.choice)};
  if (sides.first.rows.empty() && sides.second.rows.empty())
    throw UserError("neither file has a row for --filter '" + o.choice.filter +
                    "' with these --dtype and --threads: " + o.before + ", " + o.after);
  return sides;
}

std::pair<ResultFile, ResultFile> both_sides(const BenchOptions& o, Progress& progress) {
  const bool programs[] = {is_executable(o.before), is_executable(o.after)};
  if (programs[0] != programs[1])
    throw UserError("compare wants two result files or two executables, not one of each: " +
                    o.before + ", " + o.after);
  if (!programs[0]) return stored_sides(o);
  InterleaveSettings settings{o.rounds, child_arguments(o), {}, {}};
  if (!o.slowdown.empty()) {
    std::string none = o.slowdown;
    std::fill(none.begin() + static_cast<std::ptrdiff_t>(none.rfind('=')) + 1, none.end(), '0');
    settings.only_before = {"--inject-slowdown", none};
    settings.only_after = {"--inject-slowdown", o.slowdown};
  }
  return run_interleaved(o.before, o.after, settings, progress);
}

int compare(BenchOptions& o) {
  answer_stops();
  PlainProgress progress(o.quiet);
  check_places(o);
  resolve(o, available_threads());
  const auto [before, after] = both_sides(o, progress);
  const std::vector<std::string> differences = context_differences(before, after, true);
  if (!differences.empty() && !o.force)
    throw UserError("the two were measured under other conditions; --force compares them anyway: " +
                    differences.front());
  for (const std::string& difference : differences) progress.note("differs: " + difference);
  const ResultComparison comparison = compare_results(before, after, o.compare);
  if (!o.output_folder.empty()) {
    write_file_atomically(o.output_folder + "/compare.md",
                          comparison_markdown(comparison, before, after));
    write_file_atomically(o.output_folder + "/compare.json", comparison_json(comparison));
    write_file_atomically(o.output_folder + "/roofline.svg", roofline_svg(after));
  }
  for (const ResultFile* side : {&before, &after})
    for (const std::string& warning : warnings_of(*side))
      progress.note(side->origin + ": " + warning);
  std::fputs(
      (o.json ? comparison_json(comparison) : comparison_text(comparison, columns_of_stdout()))
          .c_str(),
      stdout);
  return comparison.regression() || (o.strict && told(strict_faults(comparison))) ? 1 : 0;
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

void resolve(BenchOptions& o, int all_threads) {
  if (o.threads != "both") o.choice.threads = o.threads == "1" ? 1 : all_threads;
  if (o.slowdown.empty()) return;
  const auto equals = o.slowdown.rfind('=');
  char* end = nullptr;
  const double percent =
      equals == std::string::npos ? -1 : std::strtod(o.slowdown.c_str() + equals + 1, &end);
  if (percent < 0 || !end || *end != '\0')
    throw UserError("--inject-slowdown wants REGEX=PERCENT, not " + o.slowdown);
  o.run.slowdown_rows = o.slowdown.substr(0, equals);
  o.run.sampler.slowdown = percent / 100;
}

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
  list_app->callback([&] { chosen = [&] { return list(options); }; });
  CLI::App* run_app = app.add_subcommand("run", "Verify and time rows");
  run_app->footer("Example: flmeval bench run --filter 'gemm.*smollm2.*T:512' --output report");
  add_choice_flags(*run_app, options);
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
  run_app->callback([&] { chosen = [&] { return run(options); }; });
  CLI::App* compare_app = app.add_subcommand("compare", "What became faster or slower");
  compare_app->footer(
      "Examples:\n"
      "  flmeval bench compare old.json new.json     (each of run --repetitions 10 --out FILE)\n"
      "  flmeval bench compare old/flmeval new/flmeval --filter gemm --threads 1");
  compare_app->add_option("OLD", options.before, kSide)->required();
  compare_app->add_option("NEW", options.after, kSide)->required();
  add_choice_flags(*compare_app, options);
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
    chosen = [&] { return compare(options); };
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
