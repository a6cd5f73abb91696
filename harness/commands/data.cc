// flmeval data: list, verify and fetch the data sets.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/system/terminal_size.h"
#include "datasets/dataset.h"
#include "datasets/fetch/fetch.h"
#include "harness/commands/commands.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/terminal/jsonl.h"
#include "reports/figures/wrapped_text.h"

namespace flm {
namespace {

Json status_json(const DatasetStatus& set) {
  return {{"name", set.name},           {"source", set.source},     {"licence", set.licence},
          {"found", set.found},         {"checksum", set.checksum}, {"note", set.note},
          {"can_fetch", set.can_fetch}, {"problems", set.problems}, {"verdict", set.verdict}};
}

/// Of a set, below its name.
void print_below(const std::string& text, int columns) {
  std::fputs(fitted("  " + text, columns, 2).c_str(), stdout);
}

void print_status(const DatasetStatus& set) {
  const bool told = set.verdict.empty() || set.verdict == set.found;
  const std::string verdict = told ? "" : set.verdict + "  ";
  constexpr std::size_t kName = 22;
  const int columns = columns_of_terminal(STDOUT_FILENO);
  std::fputs(labelled(set.name, kName, verdict + set.found, columns).c_str(), stdout);
  print_below(set.source + " · licence: " + set.licence, columns);
  if (!set.checksum.empty())
    print_below(
        set.checksum + (set.verdict.empty() ? "; check: flmeval data verify " + set.name : ""),
        columns);
  if (!set.note.empty()) print_below(set.note, columns);
  for (const std::string& problem : set.problems) print_below("PROBLEM: " + problem, columns);
}

std::vector<DatasetStatus>::const_iterator find_set(const std::vector<DatasetStatus>& sets,
                                                    const std::string& name) {
  return std::find_if(sets.begin(), sets.end(),
                      [&](const DatasetStatus& set) { return set.name == name; });
}

void check_names(const std::vector<std::string>& names, const std::vector<DatasetStatus>& sets) {
  for (const std::string& name : names)
    if (find_set(sets, name) == sets.end())
      throw UserError("no such data set; see flmeval data list (asked: " + name + ")");
}

/// The sets named; all where none is.
std::vector<DatasetStatus> chosen_statuses(const Options& options, bool verify) {
  std::vector<DatasetStatus> all = dataset_statuses(data_root(options.task), verify), chosen;
  check_names(options.operands, all);
  for (const std::string& name : options.operands) chosen.push_back(*find_set(all, name));
  return options.operands.empty() ? all : chosen;
}

int show_datasets(const Options& options, bool verify) {
  Json all = Json::array();
  bool sound = true;
  const bool named = !options.operands.empty();  // of all there are, a root has those it wants
  for (const DatasetStatus& set : chosen_statuses(options, verify)) {
    const bool lacks = named && (set.verdict == "missing" || set.verdict == "sample");
    sound &= set.problems.empty() && !lacks;
    all.push_back(status_json(set));
    if (!options.json) print_status(set);
  }
  if (options.json) print_line(compact_json(all));
  return sound ? kDone : kCheckSaidNo;
}

}  // namespace

int command_data(const Options& options, Progress& progress) {
  if (options.action != "fetch") return show_datasets(options, options.action == "verify");
  if (options.operands.empty()) throw UserError("data fetch wants NAME...; see flmeval data list");
  check_names(options.operands, dataset_statuses("", false));  // before the first is fetched
  for (const std::string& name : options.operands) {
    const int count = fetch_dataset(name, data_root(options.task), progress);
    progress.note(count == 0
                      ? name + " is there already, checksums equal"
                      : name + ": " + std::to_string(count) + " file(s) fetched, checksums equal");
  }
  return kDone;
}

}  // namespace flm
