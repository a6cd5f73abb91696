#include "harness/run/output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/process.h"
#include "base/system/unfinished_file.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = "run.json";

/// The run that the marker names, as JSON writes it; "" where it names none.
std::string marked_run(const std::string& marker) {
  const Json json = read_json_file(marker);
  const Json name = json.is_object() && json.contains("run") ? json["run"] : Json();
  return name.is_string() ? name.get<std::string>() : name.dump();
}

/// A run begun again, on the same files: whichever wrote the folder, it says the same.
bool has_same_figures(const StartedRun& run, const std::string& id) {
  if (!run.store) return false;  // there is none yet, and so no other run in it
  const std::optional<RunRecord> stored = run.store->run(id);
  return stored && stored->fingerprint == run.record.fingerprint;
}

/// One of ours that a process was killed over.
bool is_left_over(const std::string& name) {
  const bool ours = name.starts_with(kMark) || name.starts_with("samples_") ||
                    name.starts_with("results") || name.starts_with("report.");
  return ours && is_unfinished(name);
}

/// Not while a process computes that may be writing them.
void remove_left_over(const std::string& folder) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (is_left_over(entry.path().filename().string())) found.push_back(entry.path());
  for (const fs::path& path : found) fs::remove(path);
}

/// A file there beside the mark; "" for none. Hidden ones do not count, nor the run store.
std::string first_file(const StartedRun& run) {
  const std::string store = fs::path(run.options.run.store).filename().string();
  for (const fs::directory_entry& entry : fs::directory_iterator(run.folder)) {
    const std::string name = entry.path().filename().string();
    if (name != kMark && !name.starts_with(".") && !name.starts_with(store) && !is_left_over(name))
      return name;
  }
  return "";
}

/// Whether the process that made the marker lives, on this machine.
bool is_computed(const std::string& marker) {
  const Json json = read_json_file(marker);
  if (!json.is_object() || !json.contains("process") || !json["process"].is_string()) return false;
  const std::string process = json["process"].get<std::string>();
  return process != this_process() && state_of_process(process) == ProcessState::kAlive;
}

/// Why the folder is not this run's to write; "" where it is.
std::string obstacle(const StartedRun& run) {
  const std::string marker = run.folder + "/" + kMark, name = first_file(run);
  if (!fs::exists(marker))
    return name.empty() ? "" : "has files that are not flmeval's (" + name + ", for one)";
  const std::string other = marked_run(marker);
  if (other == run.record.id || has_same_figures(run, other)) return "";
  if (name.empty()) {
    if (is_computed(marker))
      return "belongs to a run that is computed at the moment (" + other + ")";
    return "";  // of a run that ended before it wrote anything
  }
  return "has the files of another run (" + other + ")";
}

/// While it lives no other process has one of the same folder. Where the file system has no locks
/// there is none, and two that begin in the same moment are not told apart.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder)
      : file_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (file_ >= 0) flock(file_, LOCK_EX);
  }
  ~FolderLock() {
    if (file_ >= 0) close(file_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

}  // namespace

void take_output_folder(StartedRun& run, Progress& progress) {
  const RunFlags& flags = run.options.run;
  run.folder = flags.output.empty() ? "runs/" + run.record.id : flags.output;
  make_folder(run.folder);
  const FolderLock lock(run.folder);
  const std::string why = flags.output.empty() ? "" : obstacle(run);
  if (!why.empty() && !flags.overwrite)
    throw UserError(
        "--output: the folder " + why +
        "; give another folder, or --overwrite to write reports over them: " + run.folder);
  if (!why.empty())
    progress.note("--overwrite: the folder " + why +
                  "; reports are written over, everything else stays: " + run.folder);
  const std::string marker = run.folder + "/" + kMark;
  if (why.empty() && !(fs::exists(marker) && is_computed(marker))) remove_left_over(run.folder);
  write_file_atomically(marker, compact_json(Json{{"run", run.record.id},
                                                  {"store", fs::absolute(flags.store).string()},
                                                  {"process", this_process()}}) +
                                    "\n");
}

}  // namespace flm
