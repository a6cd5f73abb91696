#include "harness/commands/many_models.h"

#include <algorithm>
#include <cstdio>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/terminal_size.h"
#include "harness/process/exit_code.h"
#include "harness/run/run.h"
#include "harness/track/path_pattern.h"
#include "reports/views/views.h"

namespace flm {
namespace {

/// As if the flag had been typed so: a stored run keeps its own command line.
void type(Options& options, const std::string& flag, const std::string& value) {
  std::erase_if(options.typed, [&](const TypedFlag& one) { return one.name == flag; });
  options.typed.push_back({flag, {value}});
}

Options options_of_model(const Options& options, const std::string& model) {
  Options own = with_model(options, {model});
  if (!own.run.name.empty()) {
    own.run.name += "@" + last_part_of(model);
    type(own, "--name", own.run.name);
  }
  if (!own.run.output.empty()) {
    own.run.output += "/" + last_part_of(model);
    type(own, "--output", own.run.output);
  }
  return own;
}

void check_for_several(const Options& options, const std::vector<std::string>& models) {
  if (!options.run.resume.empty() || !options.run.again.empty())
    throw UserError("--resume and --again go with one model: " + models[1]);
  std::vector<std::string> names;
  for (const std::string& model : models) names.push_back(last_part_of(model));
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end() && !options.run.output.empty())
    throw UserError("--output: two models would have one folder; leave it out: " +
                    options.run.output + "/" + *twice);
}

void print_table(const Options& options, const std::vector<Report>& reports, Store& store) {
  const View* view = find_view(options.run.json ? "json" : "text");
  std::fputs(view->several(reports, {store, terminal_columns()}).c_str(), stdout);
}

}  // namespace

std::vector<std::string> chosen_models(const std::vector<std::string>& typed) {
  std::vector<std::string> models;
  for (const std::string& one : typed) {
    const bool name = one.find(':') != std::string::npos && !one.starts_with("/");
    const std::vector<std::string> found =
        name || !is_pattern(one) ? std::vector<std::string>{one} : matching_paths(one);
    if (found.empty()) throw UserError("--model: nothing matches the pattern: " + one);
    for (const std::string& model : found)
      if (std::find(models.begin(), models.end(), model) == models.end()) models.push_back(model);
  }
  return models;
}

Options with_model(Options options, const std::vector<std::string>& models) {
  if (models.empty() || options.run.models == models) return options;
  options.model.model = models.front();
  options.run.models = {models.front()};
  type(options, "--model", models.front());
  return options;
}

int run_many_models(const Options& options, const std::vector<std::string>& models,
                    Progress& progress) {
  check_for_several(options, models);
  std::vector<Report> reports;
  for (std::size_t i = 0; i < models.size(); ++i) {
    progress.note("model " + std::to_string(i + 1) + " of " + std::to_string(models.size()) + ": " +
                  models[i]);
    const int code =
        execute_run(options_of_model(options, models[i]), progress,
                    [&](const StartedRun&, const Report& report) { reports.push_back(report); });
    if (code != kDone) return code;
  }
  print_table(options, reports, *Store::open_to_read(options.run.store));
  return kDone;
}

}  // namespace flm
