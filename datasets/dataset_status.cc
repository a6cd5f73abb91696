#include <filesystem>
#include <map>

#include "base/errors.h"
#include "base/sha256.h"
#include "datasets/dataset.h"
#include "datasets/fetch/official_archive.h"
#include "datasets/sources/hub_cache.h"
#include "datasets/sources/locate.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

constexpr const char* kBuiltInSample = "built-in sample";

using Checksums = std::map<std::string, std::string>;

/// Compares every file with a known checksum with what lies in `folder`. Another known copy is not
/// a problem, but noted.
void compare(DatasetStatus& status, const DatasetManifest& set, const std::string& folder,
             const Checksums& official, const Checksums& copies = {}) {
  Checksums all = official;
  all.insert(copies.begin(), copies.end());
  if (all.empty()) return;
  bool is_copy = false;
  for (const auto& [name, expected] : all) {
    const auto file = find_file(folder, name, set.layouts[0].archive);
    const auto copy = copies.find(name);
    const std::string found = file ? sha256_hex(file->bytes) : "";
    if (!file)
      status.problems.push_back("missing: " + folder + "/" + name);
    else if (copy != copies.end() && found == copy->second)
      is_copy = true;
    else if (found != expected)
      status.problems.push_back("sha256 of " + file->path + " is " + found +
                                ", known copy: " + expected);
  }
  status.verdict = is_copy ? "copy" : "ok";
  if (is_copy)
    status.note += (status.note.empty() ? "" : "; ") +
                   (set.copy.empty() ? "a known copy, not the official files" : set.copy);
}

/// The archive that is read as it is; false where there is none.
bool compare_archive(DatasetStatus& status, const DatasetManifest& set, const std::string& folder) {
  const std::string& name = set.layouts[0].archive;
  const std::string path = folder + "/" + name;
  if (name.empty() || set.fetch.sha256.empty() || !fs::is_regular_file(path)) return false;
  const std::string found = file_sha256(path);
  status.verdict = "ok";
  if (found != set.fetch.sha256)
    status.problems.push_back("sha256 of " + path + " is " + found +
                              ", official: " + set.fetch.sha256);
  return true;
}

void verify_official(DatasetStatus& status, const DatasetManifest& set, const std::string& folder) {
  const Checksums record = unpacked_record(set, folder);
  const bool archive = compare_archive(status, set, folder);
  if (!record.empty()) return compare(status, set, folder, record);
  compare(status, set, folder, set.sha256, set.copy_sha256);
  if (archive || !set.sha256.empty() || !set.copy_sha256.empty() || set.name == "bpb") return;
  status.note += (status.note.empty() ? "" : "; ") +
                 std::string("no checksums of the single files are known") +
                 (set.fetch.urls.empty()
                      ? ""
                      : ": flmeval data fetch " + set.name + " checks the official archive");
}

std::string pinned(const DatasetManifest& set) {
  if (!set.fetch.sha256.empty()) return "sha256 " + set.fetch.sha256 + " of the archive";
  if (set.sha256.size() == 1) return "sha256 " + set.sha256.begin()->second;
  if (set.sha256.empty()) return "";
  return std::to_string(set.sha256.size()) + " files have known checksums";
}

/// The entries of samples/SHA256SUMS that belong to one set, relative to its folder.
std::map<std::string, std::string> sample_checksums(const DatasetManifest& set) {
  std::map<std::string, std::string> out;
  for (const auto& [path, hex] : read_checksums(datasets_folder() + "/samples/SHA256SUMS"))
    if (path.starts_with(set.folder() + "/")) out[path.substr(set.folder().size() + 1)] = hex;
  return out;
}

/// The layout that lies in the root: the first with all files of one of its splits. Sets whose file
/// names hold the configuration's are judged by their folder.
const DatasetLayout* present_layout(const DatasetManifest& set, const std::string& root) {
  for (const DatasetLayout& layout : set.layouts) {
    const std::string folder = (fs::path(root) / layout.folder).string();
    if (!layout.needs.empty() && !find_file(folder, layout.needs, layout.archive)) continue;
    for (const auto& [split, rule] : layout.splits) {
      const bool any = rule.files[0].find("{name}") != std::string::npos
                           ? fs::is_directory(folder)
                           : find_file(folder, rule.files[0], layout.archive).has_value();
      if (any) return &layout;
    }
  }
  return nullptr;
}

void look_in_root(DatasetStatus& status, const DatasetManifest& set, const std::string& root,
                  bool verify) {
  const DatasetLayout* layout = present_layout(set, root);
  if (!layout) return;
  if (!layout->refused.empty()) {
    status.note = layout->note + "; " + layout->refused + ", or ";
    return;
  }
  const std::string folder = (fs::path(root) / layout->folder).string();
  status.found = folder;
  status.note = layout->note;
  if (!verify) return;
  if (layout == &set.layouts[0])
    verify_official(status, set, folder);
  else
    status.note += "; no checksums of this copy are known";
}

void look_at_sample(DatasetStatus& status, const DatasetManifest& set, bool verify) {
  const std::string folder = samples_folder(set);
  if (!fs::is_directory(folder)) return;
  status.found = kBuiltInSample;
  if (!verify) return;
  status.checksum = "";  // the official set's, which was not looked at
  compare(status, set, folder, sample_checksums(set));
  status.note += (status.note.empty() ? "" : "; ") + how_to_get(set, "");
}

void settle_verdict(DatasetStatus& status) {
  if (status.found == "missing") {
    status.verdict = "missing";
  } else if (!status.problems.empty()) {
    status.verdict = "differs";
  } else if (status.found == kBuiltInSample) {
    status.verdict = "sample";
  } else if (status.verdict.empty()) {
    status.verdict = "unknown";
  }
}

}  // namespace

std::vector<DatasetStatus> dataset_statuses(const std::string& data_root, bool verify) {
  if (!data_root.empty() && !fs::is_directory(data_root))
    throw UserError(
        "the data root (--data, or FLMEVAL_DATA) is not a folder; give an existing one: " +
        data_root);
  std::vector<DatasetStatus> out;
  for (const DatasetManifest& set : read_manifests(datasets_folder() + "/manifests")) {
    DatasetStatus status{
        set.name, set.source, set.licence, "missing", pinned(set), "", !set.fetch.urls.empty(),
        {},       ""};
    if (!data_root.empty()) look_in_root(status, set, data_root, verify);
    for (const std::string& id : set.huggingface)
      if (status.found == "missing") {
        const std::string cached = cached_folder(id);
        if (!cached.empty()) status.found = cached;
      }
    if (status.found == "missing" && data_root.empty()) look_at_sample(status, set, verify);
    if (status.found == "missing") status.note += how_to_get(set, data_root);
    if (verify) settle_verdict(status);
    out.push_back(std::move(status));
  }
  return out;
}

}  // namespace flm
