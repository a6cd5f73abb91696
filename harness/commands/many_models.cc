#include "harness/commands/many_models.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/terminal_size.h"
#include "base/text/joined.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/run/run.h"
#include "harness/track/path_pattern.h"
#include "reports/store/store_error.h"
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

/// What became of the models so far.
struct ManyRuns {
  std::vector<Report> reports;
  std::vector<std::string> unscored;  // "MODEL: why"
  std::string last_reason;
  int code = kDone;  // the gravest of those that were scored
};

/// A fault of one model is no other's. Two in a row with the same words before anything was scored
/// are no models' fault but that of the flags: these end the command. A process of the job that is
/// lost is no UserError and ends it, too.
void keep_or_throw(const std::string& model, const UserError& error, ManyRuns& runs,
                   Progress& progress) {
  if (runs.reports.empty() && runs.last_reason == error.what()) throw;
  runs.last_reason = error.what();
  runs.unscored.push_back(model + ": " + error.what());
  progress.note("not scored: " + runs.unscored.back());
}

/// Answers of the runs that are done, and of the one that was stopped, are in the store.
int tell_left(const std::vector<std::string>& left) {
  std::fprintf(stderr, "not begun: %s; the same command again computes only what is missing\n",
               joined(left, ", ").c_str());
  return kInterrupted;
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
    if (!name && one.find(',') != std::string::npos && !std::filesystem::exists(one))
      throw UserError("--model: several are typed as --model A --model B, without a comma: " + one);
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
  ManyRuns runs;
  const auto keep = [&](const StartedRun&, const Report& report) {
    runs.reports.push_back(report);
  };
  for (auto model = models.begin(); model != models.end(); ++model) {
    progress.note("model " + std::to_string(model - models.begin() + 1) + " of " +
                  std::to_string(models.size()) + ": " + *model);
    try {
      runs.code =
          std::max(runs.code, execute_run(options_of_model(options, *model), progress, keep));
    } catch (const StoreError&) {
      throw;  // as it would be for every other model
    } catch (const UserError& error) {
      keep_or_throw(*model, error, runs, progress);
    }
    const bool stopped = runs.code == kInterrupted || interrupt_flag();
    if (stopped && model + 1 != models.end()) return tell_left({model + 1, models.end()});
  }
  if (!runs.reports.empty())
    print_table(options, runs.reports, *Store::open_to_read(options.run.store));
  if (!runs.unscored.empty())
    throw UserError("not scored: " + std::to_string(runs.unscored.size()) + " of " +
                    std::to_string(models.size()) + " models: " + joined(runs.unscored, "; "));
  return runs.code;
}

}  // namespace flm
