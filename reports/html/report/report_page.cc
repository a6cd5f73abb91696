#include "reports/html/report/report_page.h"

#include <algorithm>

#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"
#include "reports/html/page.h"
#include "reports/html/report/report_choices.h"
#include "reports/html/report/report_facts.h"
#include "reports/html/report/report_scores.h"
#include "reports/html/samples/report_samples.h"
#include "reports/html/samples/sample_blocks.h"

namespace flm {
namespace {

constexpr std::size_t kHeadlines = 4;

std::string title_of(const RunRecord& run) {
  std::string model = run.model;
  while (model.size() > 1 && model.back() == '/') model.pop_back();
  const std::string last = model.substr(model.rfind('/') + 1);
  return run.name.empty() ? last : run.name + " · " + last;
}

std::string headline_of(const ReportRow& row) {
  const Score& score = *main_score(row);
  std::string out = html_escaped(row_name(row)) + " <b>" + html_escaped(value_text(score)) + "</b>";
  std::string beside = score.low && score.high ? interval_text(score) : "";
  if (row.choices.chance && score.metric.starts_with("acc"))
    beside += (beside.empty() ? "" : ", ") + ("chance " + fixed(*row.choices.chance, 2));
  return beside.empty() ? out : out + " (" + html_escaped(beside) + ")";
}

/// What was found, in a sentence.
std::string verdict(const Report& report) {
  std::vector<const ReportRow*> known;
  for (const ReportRow* row : headline_rows(report))
    if (main_score(*row)) known.push_back(row);
  std::string out;
  for (std::size_t i = 0; i < std::min(known.size(), kHeadlines); ++i)
    out += (i ? "; " : "") + headline_of(*known[i]);
  if (known.size() > kHeadlines)
    out += "; and " + std::to_string(known.size() - kHeadlines) + " more";
  std::int64_t tasks = 0, missing = 0;
  for (const ReportRow& row : report.rows) {
    if (row.is_group) continue;
    ++tasks;
    missing += !main_score(row) || !main_score(row)->value ? 1 : 0;
  }
  if (out.empty()) out = "No score yet";
  out += ". ";
  out += missing == 0 ? counted(tasks, "task") + ", each with a score."
                      : std::to_string(missing) + " of " + counted(tasks, "task") + " N/A.";
  return element("p", out, "verdict") + "\n";
}

std::string badge_row(const Report& report) {
  const RunRecord& run = report.run;
  std::int64_t scored = 0, flagged = 0, failed = 0, wanted = 0, samples = 0;
  for (const TaskRecord& task : report.tasks) {
    wanted += task.docs_chosen;
    samples += task.builtin_sample ? 1 : 0;
  }
  for (const ReportRow& row : report.rows) {
    if (row.is_group) continue;
    scored += row.n, flagged += row.flagged, failed += row.failed;
  }
  const bool complete = run.status == "done";
  std::vector<Badge> out;
  out.push_back(complete ? Badge{Tone::kGood, "complete: " + counted(wanted, "item")}
                         : Badge{Tone::kWarn, run.status + ": " +
                                                  std::to_string(scored + flagged + failed) +
                                                  " of " + counted(wanted, "item")});
  if (flagged > 0)
    out.push_back({Tone::kWarn, counted(flagged, "item") + " over-long, not scored"});
  if (failed > 0) out.push_back({Tone::kWarn, counted(failed, "item") + " failed"});
  if (samples > 0)
    out.push_back(
        {Tone::kWarn, "built-in samples in " + std::to_string(samples) + " of " +
                          counted(static_cast<std::int64_t>(report.tasks.size()), "task") +
                          ", not the benchmarks"});
  for (const std::string& warning : report.warnings)
    if (warning.starts_with("LIMITED") || warning.starts_with("NOT THE OFFICIAL DATA"))
      out.push_back({Tone::kWarn, warning});
  if (!run.weights_hash.empty())
    out.push_back({Tone::kPlain, "weights " + run.weights_hash.substr(0, 12)});
  if (!run.protocol_hash.empty())
    out.push_back({Tone::kPlain, "protocol " + run.protocol_hash.substr(0, 12)});
  if (!run.numerics.empty()) out.push_back({Tone::kPlain, "numerics " + run.numerics});
  return badges(out);
}

std::string head_of(const Report& report) {
  const RunRecord& run = report.run;
  return element("header", "\n" + element("p", "flmeval report", "kind") + "\n" +
                               element("h1", html_escaped(title_of(run))) + "\n" +
                               element("p",
                                       html_escaped("run " + run.id + " · " + run.created + " · " +
                                                    run.model),
                                       "about") +
                               "\n" + verdict(report) + badge_row(report)) +
         "\n";
}

std::string notes_of(const Report& report) {
  std::string out;
  for (const auto* lines : {&report.warnings, &report.notes})
    for (const std::string& text : *lines) out += element("li", html_escaped(text)) + "\n";
  return out.empty() ? "" : element("ul", "\n" + out) + "\n";
}

struct Part {
  std::string id, title, html;
};

}  // namespace

std::string render_report_html(const Report& report, Store& store, const HtmlOptions& options) {
  const ReportSamples samples = report_samples(store, report);
  const bool linked = options.samples != HtmlSamples::kNone && !samples.groups.empty();
  const std::vector<Part> parts = {
      {"scores", "Scores", score_tables(report, linked)},
      {"domains", "Bits per byte by domain", domain_chart(report, linked)},
      {"subjects", "Subjects", subject_tiles(report, linked)},
      {"choices", "Margins and positions of choices", choice_section(report, samples.choices)},
      {"notes", "Notes", notes_of(report)},
      {"cost", "Cost", cost_facts(report)},
  };
  const Part last = {"configuration", "Configuration", configuration_facts(report)};
  std::vector<std::pair<std::string, std::string>> links;
  std::string body;
  for (const Part& part : parts) {
    if (part.html.empty()) continue;
    links.push_back({part.id, part.title});
    body += section(part.id, part.title, part.html);
  }
  const std::string head = head_of(report);
  const SampleBlocks blocks = sample_blocks(
      samples.groups, options, sample_budget(head.size() + body.size(), options.limit));
  if (blocks.total > 0) links.push_back({"samples", "Samples"});
  links.push_back({last.id, last.title});
  const std::string list =
      blocks.total > 0 ? samples_section(blocks.shown > 0, blocks.left_out) : "";
  return assemble_page({title_of(report.run) + " · flmeval",
                        head + notice(blocks.left_out) + contents(links) + "<main>\n" + body +
                            list + section(last.id, last.title, last.html) + "</main>\n",
                        blocks.scripts});
}

}  // namespace flm
