#include "reports/report.h"

#include <cstdio>
#include <filesystem>

#include "base/errors.h"
#include "base/system/terminal_size.h"
#include "base/text/joined.h"
#include "datasets/sources/locate.h"
#include "harness/commands/commands.h"
#include "harness/process/exit_code.h"
#include "harness/run/stored_run.h"
#include "harness/terminal/color.h"
#include "harness/terminal/jsonl.h"
#include "reports/figures/shown_figures.h"
#include "reports/views/published_rows.h"
#include "reports/views/views.h"

namespace flm {
namespace {

const View& view_of(const Options& options) {
  const std::string name = options.json ? "json" : options.format.empty() ? "text" : options.format;
  const View* view = find_view(name);
  FLM_CHECK(view, "a format that the command line lets through: " + name);
  return *view;
}

std::vector<PublishedTable> published_tables(const std::string& name) {
  if (name.empty()) return {};
  if (name.ends_with(".yaml")) return read_published(name);
  const std::string path = datasets_folder() + "/published/" + name + ".yaml";
  if (!std::filesystem::exists(path))
    throw UserError("--published: no such figures; known: tele-flm, or a YAML file: " + name);
  return read_published(path);
}

FigureStyle style_of(const Options& options, const View& view) {
  if ((options.digits || options.percent) && !view.for_people)
    throw UserError("--digits and --percent go with --format text, md or latex: " + view.name);
  return {options.digits, options.percent};
}

ViewSettings settings_of(const Options& options, Store& store) {
  return {store, terminal_columns(), options.all, wants_color(options.color),
          html_options(options.run.html_samples)};
}

/// One document of all runs.
int print_several(const Options& options, const View& view, Progress& progress) {
  if (!view.several)
    throw UserError("--format " + view.name +
                    " shows one run; for two there is flmeval compare A B --format html (asked: " +
                    joined(options.operands, " ") + ")");
  if (!options.published.empty())
    throw UserError("--published stands beside one run (asked: " + joined(options.operands, " ") +
                    ")");
  const FigureStyle style = style_of(options, view);
  std::vector<StoredRun> stored;
  std::vector<Report> reports;
  for (const std::string& run : options.operands) {
    stored.push_back(open_stored_run(run, options.run.store));
    reports.push_back(in_style(build_report(*stored.back().store, stored.back().record.id,
                                            kBootstrapIterations, &progress),
                               style));
  }
  const ViewSettings settings = settings_of(options, *stored.front().store);
  std::fputs(view.several(reports, settings).c_str(), stdout);
  return kDone;
}

}  // namespace

int command_report(const Options& options, Progress& progress) {
  if (options.operands.empty())
    throw UserError(
        "report wants RUN...: an id, a unique prefix, a --name or a folder of --output");
  const std::vector<PublishedTable> published = published_tables(options.published);
  const View& view = view_of(options);
  if (!published.empty() && !view.takes_published)
    throw UserError("--published goes with --format text or md: " + view.name);
  if (options.operands.size() > 1) return print_several(options, view, progress);
  const FigureStyle style = style_of(options, view);
  const StoredRun stored = open_stored_run(options.operands[0], options.run.store);
  const Report report =
      build_report(*stored.store, stored.record.id, kBootstrapIterations, &progress);
  const std::string text =
      view.render(in_style(report, style), settings_of(options, *stored.store)) +
      render_published(report, published);  // in the style of the published figures
  std::fputs(text.c_str(), stdout);
  return kDone;
}

}  // namespace flm
