#include <filesystem>

#include "base/errors.h"
#include "base/sha256.h"
#include "datasets/dataset.h"
#include "datasets/hub_cache.h"
#include "datasets/locate.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// Compares every file with a known checksum with what lies in `folder`.
std::vector<std::string> checksum_problems(const DatasetManifest& set, const std::string& folder,
                                           const std::map<std::string, std::string>& sha256) {
  std::vector<std::string> problems;
  for (const auto& [name, expected] : sha256) {
    const auto file = find_file(folder, name, set.layouts[0].archive);
    const std::string found = file ? sha256_hex(file->bytes) : "";
    if (!file)
      problems.push_back("missing: " + folder + "/" + name);
    else if (found != expected)
      problems.push_back("sha256 of " + file->path + " is " + found + ", known copy: " + expected);
  }
  return problems;
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
  const std::string folder = (fs::path(root) / layout->folder).string();
  status.found = folder;
  status.note = layout->note;
  if (!verify) return;
  if (set.sha256.empty() && set.name != "bpb") {
    status.note += (status.note.empty() ? "" : "; ") + std::string("no checksums are known");
  } else if (layout->folder == set.folder()) {
    status.problems = checksum_problems(set, folder, set.sha256);
  }
}

void look_at_sample(DatasetStatus& status, const DatasetManifest& set, bool verify) {
  const std::string folder = samples_folder(set);
  if (!fs::is_directory(folder)) return;
  status.found = "built-in sample";
  if (verify) status.problems = checksum_problems(set, folder, sample_checksums(set));
}

}  // namespace

std::vector<DatasetStatus> dataset_statuses(const std::string& data_root, bool verify) {
  if (!data_root.empty() && !fs::is_directory(data_root))
    throw UserError("the data root is not a folder; give --data an existing one: " + data_root);
  std::vector<DatasetStatus> out;
  for (const DatasetManifest& set : read_manifests(datasets_folder() + "/manifests")) {
    DatasetStatus status{set.name, set.source, set.licence, "missing", "", !set.fetch.url.empty(),
                         {}};
    if (!data_root.empty()) look_in_root(status, set, data_root, verify);
    for (const std::string& id : set.huggingface)
      if (status.found == "missing") {
        const std::string cached = cached_folder(id);
        if (!cached.empty()) status.found = cached;
      }
    if (status.found == "missing" && data_root.empty()) look_at_sample(status, set, verify);
    if (status.found == "missing") status.note = how_to_get(set);
    out.push_back(std::move(status));
  }
  return out;
}

}  // namespace flm
