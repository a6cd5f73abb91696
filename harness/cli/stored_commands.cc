// The subcommands that read stored runs (parser.h).
#include <CLI/CLI.hpp>
#include <vector>

#include "harness/cli/flag_checks.h"
#include "harness/cli/flags.h"
#include "harness/cli/parser.h"
#include "reports/views/comparison/comparison_views.h"
#include "reports/views/views.h"

namespace flm {
namespace {

/// The names of a table of views, and "a, b or c".
template <class Views>
std::vector<std::string> names_of(const Views& views) {
  std::vector<std::string> names;
  for (const auto& view : views) names.push_back(view.name);
  return names;
}

void add_runs(Parser& parser) {
  Options& o = parser.options;
  CLI::App* runs =
      parser.add("runs", "The stored runs: date, model, tasks, state, score", "flmeval runs");
  parser.add_operands(*runs, "[RUN...]", "Only these");
  begin_heading(*runs, "View");
  runs->add_flag("--all", o.all, "All of them, not the newest 20 alone");
  add_store_flag(*runs, o.run);
  add_json_flag(*runs, o, "One JSON document");
}

void add_report(Parser& parser) {
  Options& o = parser.options;
  CLI::App* report =
      parser.add("report", "Any view of stored runs", "flmeval report latest --format md");
  parser.add_operands(*report, "RUN",
                      "Ids or parts of one, names, folders, latest; several: one document");
  begin_heading(*report, "View");
  report->add_option("--format", o.format, "The view")
      ->check(CLI::IsMember(names_of(views())))
      ->default_str("text");
  report->add_flag("--all", o.all, "text: the tasks below groups, every figure and note too");
  report
      ->add_option("--published", o.published,
                   "Published figures beside the run's (text and md): tele-flm, or a YAML file")
      ->type_name("FILE");
  report->add_option("--digits", o.digits, "Digits after the point: text, md, latex")
      ->type_name("N")
      ->default_str("what the error supports")
      ->check(CLI::Range(0, 8));
  report->add_flag("--percent", o.percent,
                   "Accuracies, exact matches and pass@k as 24.7, not 0.247: text, md, latex");
  add_html_samples_flag(*report, o.run);
  add_color_flag(*report, o);
  add_store_flag(*report, o.run);
  add_json_flag(*report, o, "--format json");
}

void add_watch(Parser& parser) {
  Options& o = parser.options;
  CLI::App* watch =
      parser.add("watch", "Follow a run that is computed, then its report", "flmeval watch latest");
  parser.add_operands(*watch, "[RUN]",
                      "An id or a part of one, a name or a folder; the newest run");
  begin_heading(*watch, "View");
  watch->add_flag("--all", o.all, "Report: the tasks below groups, every figure and note too");
  add_color_flag(*watch, o);
  add_store_flag(*watch, o.run);
  add_json_flag(*watch, o, "results.json on stdout at the end");
}

void add_compare(Parser& parser) {
  Options& o = parser.options;
  CLI::App* compare = parser.add(
      "compare", "Paired differences of stored runs, or of lm-evaluation-harness's output",
      "flmeval compare runs/A runs/B");
  parser.add_operands(*compare, "RUN",
                      "Ids, names, SERIES@STEP or folders; the first is the reference");
  begin_heading(*compare, "View");
  compare
      ->add_option("--reference", o.comparison.reference,
                   "The run that the others are held against")
      ->type_name("RUN");
  compare->add_option("--tasks", o.comparison.tasks, "Only these tasks or groups, * for any")
      ->type_name("TASKS")
      ->delimiter(',');
  compare
      ->add_option("--metric", o.comparison.metric,
                   "METRIC or METRIC,FILTER that is judged, in place of each task's first")
      ->type_name("METRIC");
  compare->add_option("--format", o.comparison.format, "The view")
      ->check(CLI::IsMember(names_of(comparison_views())))
      ->default_str("text");
  compare->add_flag("--all", o.comparison.all,
                    "Also the tasks inside groups, every metric, every pair of runs");
  compare->add_flag("--raw", o.comparison.raw, "Also p before it was adjusted");
  compare->add_option("--flips", o.comparison.flips, "List N items that turned, lost ones first")
      ->type_name("N")
      ->check(zero_or_more());
  add_html_samples_flag(*compare, o.run);
  add_store_flag(*compare, o.run);
  add_json_flag(*compare, o, "One JSON document: --format json");
}

void add_gate(Parser& parser) {
  Options& o = parser.options;
  CLI::App* gate = parser.add("gate",
                              "A decision over two runs: exit 0 pass, 1 fail, 3 inconclusive or "
                              "data missing",
                              "flmeval gate gate.yaml runs/A runs/B --junit gate.xml");
  parser.add_operands(
      *gate, "POLICY_[A_B]",
      "The policy, the reference A, and B; of --explain and --series the policy alone");
  begin_heading(*gate, "Gate");
  gate->add_flag(
      "--explain", o.gate.explain,
      "What the policy can see: needs no run; with A its sizes, with B too their spread");
  gate->add_option("--series", o.gate.series,
                   "A series of flmeval track in place of two runs: rules no-rise")
      ->type_name("NAME");
  gate->add_option("--junit", o.gate.junit, "Also a JUnit file, one case a rule")
      ->type_name("FILE");
  gate->add_flag("--github", o.gate.github,
                 "Also GitHub's annotations and step summary (always under GITHUB_ACTIONS)");
  add_store_flag(*gate, o.run);
  add_json_flag(*gate, o, "One JSON document");
}

}  // namespace

void add_stored_commands(Parser& parser) {
  parser.heading = "Stored runs";
  add_runs(parser);
  add_report(parser);
  add_watch(parser);
  add_compare(parser);
  add_gate(parser);
}

}  // namespace flm
