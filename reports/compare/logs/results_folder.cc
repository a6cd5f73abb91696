#include "reports/compare/logs/results_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/files_below.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kResults = "results", kSamples = "samples_";

bool is_results(const std::string& name) {
  return name == "results.json" || (name.starts_with("results_") && name.ends_with(".json"));
}

bool is_samples(const std::string& name) {
  return name.starts_with(kSamples) && (name.ends_with(".jsonl") || name.ends_with(".jsonl.gz"));
}

/// results_DATE.json -> DATE, which sorts as time does; "" of results.json.
std::string date_of(const std::string& results) {
  const std::string name = fs::path(results).filename().string();
  if (!name.starts_with("results_")) return "";
  return name.substr(kResults.size() + 1, name.size() - kResults.size() - 1 - 5);
}

/// samples_TASK_DATE.jsonl[.gz] -> TASK, where it is of that date; "" otherwise.
std::string task_of(const std::string& path, const std::string& date) {
  std::string name = fs::path(path).filename().string();
  name = name.substr(kSamples.size(), name.find(".jsonl") - kSamples.size());
  const std::string end = date.empty() ? "" : "_" + date;
  return name.ends_with(end) ? name.substr(0, name.size() - end.size()) : "";
}

struct Listing {
  std::vector<std::string> results, samples;
};

ResultsFiles files_of(const std::string& folder, Listing listing) {
  std::sort(listing.results.begin(), listing.results.end(),
            [](const std::string& a, const std::string& b) { return date_of(a) < date_of(b); });
  ResultsFiles out;
  out.folder = folder;
  // Without a date comes first: it is ours, always of the last run, and has a copy with its date.
  const bool own = date_of(listing.results.front()).empty();
  const auto newest = own ? listing.results.begin() : listing.results.end() - 1;
  out.results = *newest;
  listing.results.erase(newest);
  if (own)
    std::erase_if(listing.results, [whole = read_file(out.results)](const std::string& copy) {
      return read_file(copy) == whole;
    });
  out.older = std::move(listing.results);
  std::sort(listing.samples.begin(), listing.samples.end());
  for (const std::string& path : listing.samples) {
    const std::string task = task_of(path, date_of(out.results));
    const bool again =
        !out.samples.empty() && out.samples.back().first == task;  // .jsonl, .jsonl.gz
    if (!task.empty() && !again) out.samples.emplace_back(task, path);
  }
  return out;
}

}  // namespace

std::vector<ResultsFiles> find_results(const std::string& folder) {
  std::map<std::string, Listing> folders;
  for (const std::string& file : files_below(folder)) {
    const std::string name = fs::path(file).filename().string();
    Listing& listing = folders[fs::path(file).parent_path().string()];
    if (is_results(name)) listing.results.push_back(file);
    if (is_samples(name)) listing.samples.push_back(file);
  }
  std::vector<ResultsFiles> out;
  for (auto& [path, listing] : folders)
    if (!listing.results.empty()) out.push_back(files_of(path, std::move(listing)));
  if (out.empty() && fs::exists(folder + "/config.json"))
    throw UserError(
        "a model's folder, and runs are compared: score it with flmeval run --model, and name the "
        "run (flmeval runs lists them): " +
        folder);
  if (out.empty())
    throw UserError(
        "no results of a run below it: results.json or lm-evaluation-harness's "
        "results_*.json are wanted, written by --output: " +
        folder);
  return out;
}

}  // namespace flm
