#include "reports/report.h"

#include <cstdio>
#include <filesystem>

#include "base/errors.h"
#include "base/joined.h"
#include "base/terminal_size.h"
#include "datasets/sources/locate.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/jsonl.h"
#include "harness/commands/commands.h"
#include "harness/run/stored_run.h"
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
    throw UserError("no such published figures; known: tele-flm, or a YAML file: " + name);
  return read_published(path);
}

/// One document of all runs, or of one whose digits are asked for.
int print_several(const Options& options, const View& view,
                  const std::vector<PublishedTable>& published) {
  if (!view.several)
    throw UserError("--format " + view.name +
                    " shows one run and takes no --digits; for two there is flmeval compare A B "
                    "--format html (asked: " +
                    joined(options.operands, " ") + ")");
  if (!published.empty())
    throw UserError("--published stands beside one run, without --digits (asked: " +
                    joined(options.operands, " ") + ")");
  std::vector<StoredRun> stored;
  std::vector<Report> reports;
  for (const std::string& run : options.operands) {
    stored.push_back(open_stored_run(run, options.run.store));
    reports.push_back(build_report(*stored.back().store, stored.back().record.id));
  }
  const ViewSettings settings{
      *stored.front().store, terminal_columns(), options.all, {}, options.digits};
  std::fputs(view.several(reports, settings).c_str(), stdout);
  return kDone;
}

}  // namespace

int command_report(const Options& options, Progress&) {
  if (options.operands.empty())
    throw UserError(
        "report wants RUN...: an id, a unique prefix, a --name or a folder of --output");
  const std::vector<PublishedTable> published = published_tables(options.published);
  const View& view = view_of(options);
  if (!published.empty() && !view.takes_published)
    throw UserError("--published goes with --format text or md: " + view.name);
  const HtmlOptions html = html_options(options.run.html_samples);
  if (options.operands.size() > 1 || options.digits) return print_several(options, view, published);
  const StoredRun stored = open_stored_run(options.operands[0], options.run.store);
  const Report report = build_report(*stored.store, stored.record.id);
  const std::string text =
      view.render(report, {*stored.store, terminal_columns(), options.all, html}) +
      render_published(report, published);
  std::fputs(text.c_str(), stdout);
  return kDone;
}

}  // namespace flm
