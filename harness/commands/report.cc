#include "reports/report.h"

#include <cstdio>
#include <filesystem>

#include "base/errors.h"
#include "datasets/sources/locate.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/jsonl.h"
#include "harness/cli/terminal_size.h"
#include "harness/commands/commands.h"
#include "harness/run/stored_run.h"
#include "reports/views/published_rows.h"
#include "reports/views/views.h"

namespace flm {
namespace {

Report open_report(const std::string& run, const std::string& store_path) {
  const StoredRun stored = open_stored_run(run, store_path);
  return build_report(*stored.store, stored.record.id);
}

const View& view_of(const Options& options) {
  const std::string name = options.json ? "json" : options.format.empty() ? "text" : options.format;
  if (const View* view = find_view(name)) return *view;
  throw UserError("--format " + name +
                  " is not in this version yet; give text, md, csv, latex or json");
}

std::vector<PublishedTable> published_tables(const std::string& name) {
  if (name.empty()) return {};
  if (name.ends_with(".yaml")) return read_published(name);
  const std::string path = datasets_folder() + "/published/" + name + ".yaml";
  if (!std::filesystem::exists(path))
    throw UserError("no such published figures; known: tele-flm, or a YAML file: " + name);
  return read_published(path);
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
  for (const std::string& run : options.operands) {
    const Report report = open_report(run, options.run.store);
    const std::string text = view.render(report, {terminal_columns(), options.all}) +
                             render_published(report, published);
    std::fputs(text.c_str(), stdout);
  }
  return kDone;
}

}  // namespace flm
