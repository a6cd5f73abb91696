#include "reports/report.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "datasets/sources/locate.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/jsonl.h"
#include "harness/cli/terminal_size.h"
#include "harness/commands/commands.h"
#include "harness/run/stored_run.h"
#include "reports/views/published_rows.h"

namespace flm {
namespace {

Report open_report(const std::string& run, const std::string& store_path) {
  const StoredRun stored = open_stored_run(run, store_path);
  return build_report(*stored.store, stored.record.id);
}

std::string render(const Report& report, const std::string& format) {
  if (format == "md") return render_markdown(report);
  if (format == "csv") return render_csv(report);
  if (format == "json") return report.results_json + "\n";
  if (format == "html")
    throw UserError("--format html is not in this version yet; give md, csv or json");
  return render_terminal(report, terminal_columns());
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
  const std::string format = options.json ? "json" : options.format;
  const std::vector<PublishedTable> published = published_tables(options.published);
  if (!published.empty() && (format == "json" || format == "csv"))
    throw UserError("--published goes with --format table or md: " + format);
  for (const std::string& run : options.operands) {
    const Report report = open_report(run, options.run.store);
    const std::string text = render(report, format) + render_published(report, published);
    std::fputs(text.c_str(), stdout);
  }
  return kDone;
}

}  // namespace flm
