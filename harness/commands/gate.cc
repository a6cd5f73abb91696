// flmeval gate POLICY A B: the decision of a policy over two runs, for people and for CI.
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>

#include "base/errors.h"
#include "base/system/environment.h"
#include "base/system/files.h"
#include "base/system/places.h"
#include "base/system/terminal_size.h"
#include "harness/commands/commands.h"
#include "harness/commands/compared_runs.h"
#include "harness/process/exit_code.h"
#include "reports/compare/compare_runs.h"
#include "reports/gate/explain.h"
#include "reports/gate/judge.h"
#include "reports/gate/judge_series.h"
#include "reports/gate/views.h"
#include "reports/tracking.h"

namespace flm {
namespace {

void print(const std::string& text, std::FILE* stream = stdout) {
  std::fputs(text.c_str(), stream);
}

/// B against the reference A; one run is held against itself.
Comparison compare_operands(std::vector<std::string> operands, const std::string& store,
                            const Policy& policy) {
  if (operands.size() == 1) operands.push_back(operands[0]);
  std::vector<LoggedRun> runs = open_compared_runs(operands, store);
  if (runs.size() != 2)
    throw UserError("a gate judges two runs, a folder with several models is none; found " +
                    std::to_string(runs.size()));
  CompareOptions compared;
  for (const Rule& rule : policy.rules) compared.also.push_back(rule.metric);
  return compare_runs(std::move(runs), compared);
}

int explain_policy(const Policy& policy, const Options& options,
                   const std::vector<std::string>& runs) {
  std::optional<Comparison> comparison;
  if (!runs.empty()) comparison = compare_operands(runs, options.run.store, policy);
  const Explanation explanation = explain(policy, comparison ? &*comparison : nullptr);
  print(options.json ? explanation_json(explanation) : explanation_text(explanation));
  return kDone;
}

/// A file that cannot be written is found before the runs are read, and nothing is made of it: an
/// empty one would look like a result.
void check_writable(const std::string& path) {
  if (!path.empty() && !can_be_written(path))
    throw UserError("cannot write, give a file in a folder that is there: " + path);
}

/// What an earlier gate left there would be read as this one's where this one ends without a
/// decision. A file that no gate wrote stays as it is.
void forget_earlier_result(const std::string& path) {
  if (path.empty() || !is_file(path)) return;
  if (is_gate_junit(read_file(path))) remove_written_file(path);
}

void append_to_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::app);
  if (!(file << text << std::flush)) throw UserError("cannot write the step summary: " + path);
}

/// Workflow commands are read from either stream; stdout holds nothing but JSON where it was asked.
void tell_github(const GateResult& result, bool json, const std::string& summary) {
  print(gate_annotations(result), json ? stderr : stdout);
  if (!summary.empty()) append_to_file(summary, gate_markdown(result));
}

/// Checkpoints behind the last one that is judged: one that is still being written is no verdict on
/// it.
void warn_of_later(const TrackedSeries& series, std::vector<std::string>& warnings) {
  for (auto point = series.points.rbegin(); point != series.points.rend(); ++point) {
    if (point->on_line()) return;
    if (point->state == "incomplete" || point->state == "skipped")
      warnings.push_back("not judged: " + point->record.checkpoint + ", " + point->state +
                         (point->record.reason.empty() ? "" : ": " + point->record.reason));
  }
}

GateResult judge_tracked(const Policy& policy, const Options& options) {
  const std::unique_ptr<Store> store = Store::open_to_read(options.run.store);
  TrackingRequest request;
  request.series = {options.gate.series};
  const Tracking tracking = build_tracking(*store, request);
  GateResult result = judge_series(policy, options.gate.series, [&](int over) {
    return series_changes(*store, tracking.series.at(0), over);
  });
  result.warnings = tracking.warnings;
  warn_of_later(tracking.series.at(0), result.warnings);
  return result;
}

GateResult judge_runs(const Policy& policy, const std::vector<std::string>& runs,
                      const Options& options, Progress& progress) {
  const Comparison comparison = compare_operands(runs, options.run.store, policy);
  for (const std::string& note : comparison.notes) progress.note(note);
  return judge(policy, comparison);
}

}  // namespace

int command_gate(const Options& options, Progress& progress) {
  const std::vector<std::string>& operands = options.operands;
  const bool of_series = !options.gate.series.empty();
  const std::size_t most = of_series ? 1 : 3, least = options.gate.explain || of_series ? 1 : 3;
  if (operands.size() < least || operands.size() > most)
    throw UserError(
        "gate wants POLICY.yaml A B (with --explain no run, A, or both; with --series no run); "
        "given words: " +
        std::to_string(operands.size()));
  if (!options.gate.explain) forget_earlier_result(options.gate.junit);
  const Policy policy = read_policy(operands[0]);
  const std::vector<std::string> runs(operands.begin() + 1, operands.end());
  if (options.gate.explain) return explain_policy(policy, options, runs);

  const bool github = options.gate.github || environment("GITHUB_ACTIONS") == "true";
  const std::string summary = github ? environment("GITHUB_STEP_SUMMARY").value_or("") : "";
  check_writable(options.gate.junit);
  check_writable(summary);
  const GateResult result =
      of_series ? judge_tracked(policy, options) : judge_runs(policy, runs, options, progress);
  print(options.json ? gate_json(result) : gate_text(result, terminal_columns()));
  if (!options.gate.junit.empty()) write_file_atomically(options.gate.junit, gate_junit(result));
  if (github) tell_github(result, options.json, summary);
  return result.exit_code();
}

}  // namespace flm
