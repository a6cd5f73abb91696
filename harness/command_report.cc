#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/commands.h"
#include "harness/exit_code.h"
#include "harness/jsonl.h"
#include "harness/terminal_size.h"
#include "reports/report.h"

namespace flm {
namespace {

/// A RUN that is a folder written by --output names its run and store in run.json.
Report open_report(const std::string& run, const std::string& store_path) {
  const std::string marker = run + "/run.json";
  if (std::filesystem::is_directory(run)) {
    if (!std::filesystem::exists(marker))
      throw UserError("not a folder written by flmeval run --output: " + run);
    const Json json = read_json_file(marker);
    const auto store = Store::open(json.at("store").get<std::string>());
    return build_report(*store, json.at("run").get<std::string>());
  }
  const auto store = Store::open(store_path);
  return build_report(*store, store->find_run(run).id);
}

std::string render(const Report& report, const std::string& format) {
  if (format == "md") return render_markdown(report);
  if (format == "csv") return render_csv(report);
  if (format == "json") return report.results_json + "\n";
  if (format == "html")
    throw UserError("--format html is not in this version yet; give md, csv or json");
  return render_terminal(report, terminal_columns());
}

}  // namespace

int command_report(const Options& options, Progress&) {
  if (options.operands.empty())
    throw UserError(
        "report wants RUN...: an id, a unique prefix, a --name or a folder of --output");
  for (const std::string& run : options.operands) {
    const std::string text =
        render(open_report(run, options.run.store), options.json ? "json" : options.format);
    std::fputs(text.c_str(), stdout);
  }
  return kDone;
}

}  // namespace flm
