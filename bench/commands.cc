#include "bench/commands.h"

#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/machine.h"
#include "base/system/terminal_size.h"
#include "base/text/printable.h"
#include "bench/cuda/cuda_rows.h"
#include "bench/plain_progress.h"
#include "bench/timing/interleave.h"
#include "bench/timing/stop.h"
#include "bench/views/roofline.h"
#include "bench/views/strict.h"
#include "bench/views/views.h"

namespace flm::bench {
namespace {

constexpr double kCeilingSeconds = 0.25;  // for each of about 16
constexpr double kMostSlowdown = 1000;    // percent: a call of seconds still ends
constexpr double kDefaultBudget = 240;    // of one repetition of the default set

/// Of a terminal; 0: no limit, as in a file.
std::size_t columns_of_stdout() {
  return static_cast<std::size_t>(columns_of_terminal(STDOUT_FILENO));
}

void prepare(CeilingMeter& ceilings, const std::set<std::string>& needed, const Machine& machine,
             BenchOptions& o, Progress& progress) {
  if (o.ceilings_file.empty()) return ceilings.measure_all(needed, kCeilingSeconds, progress);
  o.run.ceilings_beside = false;
  const ResultFile stored = read_results(o.ceilings_file);
  const Ceilings known = stored_ceilings(stored);
  if (known.empty()) throw UserError("no measured ceilings in --ceilings " + o.ceilings_file);
  for (const std::string& difference : machine_differences(stored.context, environment(machine)))
    throw UserError("--ceilings are those of another machine (" + printable(difference) +
                    "); leave it out or give a file of this one: " + o.ceilings_file);
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
  if (!o.result_file.empty() && !can_be_written(o.result_file))
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

/// The fewest digits that read back as the same number.
std::string as_typed(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

/// The flags of `run` that the children of an interleaved comparison get.
std::vector<std::string> child_arguments(const BenchOptions& o) {
  const SamplerSettings& s = o.run.sampler;
  std::vector<std::string> words = {"--filter",      o.choice.filter,
                                    "--threads",     o.threads,
                                    "--half-width",  as_typed(s.half_width),
                                    "--samples",     std::to_string(s.least_samples),
                                    "--min-seconds", as_typed(s.least_seconds),
                                    "--max-seconds", as_typed(s.most_seconds),
                                    "--warm-up",     as_typed(s.warm_up_seconds)};
  if (!o.choice.dtype.empty()) words.insert(words.end(), {"--dtype", o.choice.dtype});
  if (o.choice.full) words.push_back("--full");
  return words;
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
std::pair<ResultFile, ResultFile> stored_sides(BenchOptions& o) {
  if (!o.measuring.empty())
    throw UserError("result files are compared as they were measured; leave it out: " +
                    o.measuring.front());
  std::pair<ResultFile, ResultFile> sides{chosen_results(o.before, o.choice),
                                          chosen_results(o.after, o.choice)};
  if (sides.first.rows.empty() && sides.second.rows.empty())
    throw UserError("neither file has a row for --filter '" + o.choice.filter +
                    "' with these --dtype and --threads: " + o.before + ", " + o.after);
  o.compare.sessions = true;
  o.compare.busy = !busy_warning(sides.first).empty() || !busy_warning(sides.second).empty();
  return sides;
}

std::pair<ResultFile, ResultFile> both_sides(BenchOptions& o, Progress& progress) {
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

}  // namespace

void resolve(BenchOptions& o, int all_threads) {
  if (o.threads != "both") o.choice.threads = o.threads == "1" ? 1 : all_threads;
  if (o.slowdown.empty()) return;
  const auto equals = o.slowdown.rfind('=');
  const std::string number = equals == std::string::npos ? "" : o.slowdown.substr(equals + 1);
  const char* end = number.data() + number.size();
  double percent = -1;
  const auto read = std::from_chars(number.data(), end, percent);
  if (read.ec != std::errc() || read.ptr != end || !(percent >= 0 && percent <= kMostSlowdown))
    throw UserError("--inject-slowdown wants REGEX=PERCENT with a percentage from 0 to 1000: " +
                    o.slowdown);
  o.run.slowdown_rows = o.slowdown.substr(0, equals);
  (void)row_expression(o.run.slowdown_rows, "--inject-slowdown");
  o.run.sampler.slowdown = percent / 100;
}

int list_rows(BenchOptions& o) {
  o.choice.full = true;
  resolve(o, available_threads());
  const std::vector<Row> rows = chosen_rows(every_row(available_threads()), o.choice);
  std::fputs((o.json ? list_json(rows) : list_text(rows, columns_of_stdout())).c_str(), stdout);
  return 0;
}

int run_and_report(BenchOptions& o) {
  answer_stops();
  o.run.stopped = is_stopped;
  PlainProgress progress(o.quiet);
  check_places(o);
  const Machine machine = this_machine();
  resolve(o, machine.threads);
  const std::vector<Row> all = every_row(machine.threads), rows = chosen_rows(all, o.choice);
  note_conditions(all, machine, o, progress);
  CeilingMeter ceilings(machine);
  prepare(ceilings, needed_ceilings(rows, machine), machine, o, progress);
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
  if (results.rows.empty() && results.context.contains("stopped"))
    throw IncompleteError("stopped before a row was measured; nothing is kept");
  // Before the files, so that what was measured is seen where they cannot be written.
  std::fputs(o.json ? json.c_str() : results_text(results, columns_of_stdout()).c_str(), stdout);
  write_results(o, results, json);
  if (results.context.contains("stopped"))
    throw IncompleteError("stopped; what was measured is kept");
  return has_failures(results) || (o.strict && told(strict_faults(results))) ? 1 : 0;
}

int compare_sides(BenchOptions& o) {
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
  ResultComparison comparison = compare_results(before, after, o.compare);
  for (const ResultFile* side : {&before, &after})
    for (const std::string& warning : warnings_of(*side))
      comparison.warnings.push_back(side->origin + ": " + warning);
  if (!o.output_folder.empty()) {
    write_file_atomically(o.output_folder + "/compare.md",
                          comparison_markdown(comparison, before, after));
    write_file_atomically(o.output_folder + "/compare.json", comparison_json(comparison));
    write_file_atomically(o.output_folder + "/roofline.svg", roofline_svg(after));
  }
  std::fputs(
      (o.json ? comparison_json(comparison) : comparison_text(comparison, columns_of_stdout()))
          .c_str(),
      stdout);
  return comparison.regression() || (o.strict && told(strict_faults(comparison))) ? 1 : 0;
}

}  // namespace flm::bench
