#include "harness/run/replay.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <vector>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/sha256.h"
#include "base/text/joined.h"
#include "harness/requests/replayed_line.h"
#include "reports/views/outputs.h"

namespace flm {
namespace {

/// The bytes of a plain or gzipped file.
std::string read_maybe_gzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) throw UserError("cannot read replay file " + path);
  std::string bytes;
  char buffer[1 << 16];
  int n = 0;
  while ((n = gzread(file, buffer, sizeof buffer)) > 0)
    bytes.append(buffer, static_cast<std::size_t>(n));
  int error = 0;
  const bool bad = n < 0 || (gzerror(file, &error), error < 0);
  gzclose(file);
  if (bad) throw UserError("cannot read replay file, broken gzip: " + path);
  return bytes;
}

/// The logs of one of our folders that are its run's: samples of an earlier run may lie beside
/// them. Nothing where results.json is not ours.
std::vector<std::string> files_of_results(const std::string& folder) {
  const std::string path = folder + "/results.json";
  if (!std::filesystem::exists(path)) return {};
  const Json results = read_json_file(path);
  if (!results.is_object() || !results.contains("flmeval") || !results.contains("configs"))
    return {};
  std::vector<std::string> files;
  for (const auto& [task, config] : results["configs"].items())
    if (const std::string file = folder + "/" + samples_file(task); std::filesystem::exists(file))
      files.push_back(file);
  return files;
}

/// Of a run of ours its samples; of another folder every samples_*.jsonl[.gz] in the order of
/// names.
std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files = files_of_results(folder);
  if (!files.empty()) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("samples_", 0) == 0 && name.find(".jsonl") != std::string::npos)
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// FILE as it is; of a folder its samples, or those of the one folder below it that has some, where
/// lm-evaluation-harness puts them: --output_path DIR writes DIR/MODEL.
std::vector<std::string> files_of(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::string> files = files_in(path), folders;
  if (!files.empty()) return files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (!entry.is_directory()) continue;
    std::vector<std::string> below = files_in(entry.path().string());
    if (below.empty()) continue;
    folders.push_back(entry.path().string());
    files = std::move(below);
  }
  if (folders.empty())
    throw UserError("replay: no samples_*.jsonl in " + path +
                    " or the folders in it; log them with --log-samples");
  std::sort(folders.begin(), folders.end());
  if (folders.size() > 1)
    throw UserError("replay: several runs lie below, give one: " + first_few(folders, 6) +
                    " (asked: " + path + ")");
  return files;
}

/// samples_TASK_2024-01-01T00-00-00.123.jsonl[.gz] or our samples_TASK.jsonl -> TASK.
std::string task_of_file(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  if (name.rfind("samples_", 0) != 0) return "";
  name = name.substr(8);
  name = name.substr(0, name.find(".jsonl"));
  const std::size_t last = name.rfind('_');
  const bool dated = last != std::string::npos && name.size() > last + 10 &&
                     name[last + 5] == '-' && name[last + 8] == '-';
  return dated ? name.substr(0, last) : name;
}

}  // namespace

struct ReplayLog::State {
  std::map<std::pair<std::string, std::int64_t>, ReplayedLine> entries;
};

ReplayLog::~ReplayLog() = default;

ReplayLog::ReplayLog(const std::string& spec) : state_(std::make_unique<State>()) {
  Sha256 hash;
  std::stringstream files(spec.substr(std::string("replay:").size()));
  int count = 0;
  for (std::string given; std::getline(files, given, ','); ++count) {
    for (const std::string& path : files_of(given)) {
      std::string bytes = read_maybe_gzip(path);
      hash.update(bytes);
      read(path, std::move(bytes));
    }
  }
  if (count == 0) throw UserError("replay: wants FILE[,FILE]: " + spec);
  hash_ = hash.hex();
}

void ReplayLog::read(const std::string& path, std::string bytes) {
  std::istringstream lines(std::move(bytes));
  const std::string file_task = task_of_file(path);
  int number = 0;
  for (std::string text; std::getline(lines, text);) {
    ++number;
    if (text.empty()) continue;
    keep(read_replayed_line(text, path + ":" + std::to_string(number), file_task));
  }
}

/// lm-evaluation-harness logs a document once for each filter: the same answers again.
void ReplayLog::keep(ReplayedLine line) {
  const auto [place, fresh] = state_->entries.try_emplace({line.task, line.doc_id});
  if (!fresh && place->second.responses != line.responses) {
    throw UserError("replay: two different answers for " + line.task + " document " +
                    std::to_string(line.doc_id) + ", " + place->second.where + " and " +
                    line.where + "; give the samples of one run");
  }
  if (fresh) place->second = std::move(line);
}

/// What the log has in place of an item that it lacks.
std::string ReplayLog::what_is_there(const std::string& task) const {
  std::set<std::string> names;
  std::int64_t documents = 0;
  for (const auto& [place, entry] : state_->entries) {
    names.insert(place.first);
    documents += place.first == task;
  }
  if (documents > 0)
    return "; it has " + std::to_string(documents) +
           " documents of the task: choose them with --limit or --samples";
  if (names.empty()) return "; it is empty";
  constexpr std::size_t kNamed = 5;
  return "; it has the tasks " + first_few({names.begin(), names.end()}, kNamed);
}

bool ReplayLog::has_prompt(const std::string& task, std::int64_t doc_id) const {
  const auto found = state_->entries.find({task, doc_id});
  return found == state_->entries.end() || !found->second.context_hashes.empty();
}

void ReplayLog::answer(const std::string& task, PlannedItem& planned) const {
  const auto found = state_->entries.find({task, planned.item.doc_id});
  if (found == state_->entries.end())
    throw UserError("the replay log lacks " + task + " document " +
                    std::to_string(planned.item.doc_id) + what_is_there(task));
  planned.answers = replayed_answers(found->second, planned.item);
  if (found->second.status.empty()) return;
  planned.status = found->second.status;
  planned.message = found->second.message;
}

}  // namespace flm
