#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/files.h"
#include "base/sha256.h"
#include "datasets/archive.h"
#include "datasets/data_files.h"
#include "datasets/dataset.h"
#include "datasets/manifest.h"
#include "datasets/shipped_folder.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

std::string datasets_folder() { return shipped_folder(FLM_SOURCE_DATASETS, "datasets"); }

std::string with_name(std::string text, const std::string& name) {
  for (std::size_t at; (at = text.find("{name}")) != std::string::npos;) text.replace(at, 6, name);
  return text;
}

/// Where a manifest's files lie: below the data root, or the built-in sample.
std::string folder_of(const DatasetManifest& set, const std::string& root) {
  if (!root.empty()) return (fs::path(root) / set.folder).string();
  const std::string sample = set.builtin.empty() ? "samples/" + set.folder : set.builtin;
  return (fs::path(datasets_folder()) / sample).lexically_normal().string();
}

[[noreturn]] void fail_missing(const DatasetManifest& set, const std::string& root,
                               const std::string& file) {
  if (root.empty()) {
    throw UserError("no built-in sample of " + set.name + " for " + file +
                    "; give --data DIR with the official files (" + set.source + ")");
  }
  throw UserError("the data root lacks " + (fs::path(root) / set.folder / file).string() +
                  "; put the official files there (" + set.source + ") or give another --data");
}

/// Built-in samples are pinned: they are part of the program.
void check_pinned(const std::map<std::string, std::string>& sha256, const std::string& name,
                  const FoundFile& file, const std::string& found) {
  const auto pinned = sha256.find(name);
  if (pinned != sha256.end() && pinned->second != found) {
    throw UserError("the built-in sample " + file.path + " was changed (sha256 " + found +
                    "); restore it from the source tree");
  }
}

}  // namespace

struct DatasetCatalog::State {
  std::string root;
  std::vector<DatasetManifest> manifests;
  std::map<std::string, std::string> sample_sha256;  // path below samples/ -> sha256

  const DatasetManifest& manifest(const std::string& id) const {
    for (const DatasetManifest& set : manifests)
      if (std::count(set.huggingface.begin(), set.huggingface.end(), id)) return set;
    std::string known;
    for (const DatasetManifest& set : manifests)
      for (const std::string& name : set.huggingface) known += (known.empty() ? "" : ", ") + name;
    throw UserError("no manifest for dataset_path " + id + "; known: " + known +
                    ", or json, csv, text with data_files");
  }

  std::shared_ptr<const DatasetSplit> load(const DatasetManifest& set, const std::string& config,
                                           const std::string& split) const {
    const auto pattern = set.splits.find(split);
    if (pattern == set.splits.end()) {
      std::string known;
      for (const auto& [name, file] : set.splits) known += (known.empty() ? "" : ", ") + name;
      throw UserError("data set " + set.name + " has no split " + split + "; it has " + known);
    }
    const std::string name = with_name(pattern->second, config);
    const auto file = find_file(folder_of(set, root), name, set.archive);
    if (!file) fail_missing(set, root, name);
    auto out = std::make_shared<DatasetSplit>();
    out->sha256 = sha256_hex(file->bytes);
    if (root.empty()) check_pinned(sample_sha256, set.folder + "/" + name, *file, out->sha256);
    out->builtin_sample = root.empty();
    out->files = {file->path};
    out->rows = shape_rows(set, config, read_rows(file->bytes, set.format, set.header, file->path),
                           file->path);
    return out;
  }
};

DatasetCatalog::DatasetCatalog(std::string data_root) : state_(std::make_unique<State>()) {
  if (!data_root.empty() && !fs::is_directory(data_root))
    throw UserError("the data root is not a folder; give --data an existing one: " + data_root);
  state_->root = std::move(data_root);
  state_->manifests = read_manifests(datasets_folder() + "/manifests");
  state_->sample_sha256 = read_checksums(datasets_folder() + "/samples/SHA256SUMS");
}

DatasetCatalog::~DatasetCatalog() = default;

std::shared_ptr<const DatasetSplit> DatasetCatalog::load(const DatasetRequest& request,
                                                         const std::string& split) const {
  if (is_data_files_path(request.path)) return load_data_files(request, split);
  return state_->load(state_->manifest(request.path), request.name, split);
}

std::vector<std::string> DatasetCatalog::bpb_domains() const {
  std::vector<std::string> domains;
  const fs::path folder = folder_of(state_->manifest("bpb"), state_->root);
  if (!fs::is_directory(folder)) return domains;
  for (const auto& language : fs::directory_iterator(folder)) {
    if (!language.is_directory()) continue;
    for (const auto& file : fs::directory_iterator(language)) {
      std::string name = file.path().filename().string();
      if (name.ends_with(".gz")) name.resize(name.size() - 3);
      if (name.ends_with(".jsonl"))
        domains.push_back(language.path().filename().string() + "/" +
                          name.substr(0, name.size() - 6));
    }
  }
  std::sort(domains.begin(), domains.end());
  domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
  return domains;
}

namespace {

/// Compares every file with a known checksum with what lies in `folder`.
std::vector<std::string> checksum_problems(const DatasetManifest& set, const std::string& folder,
                                           const std::map<std::string, std::string>& sha256) {
  std::vector<std::string> problems;
  for (const auto& [name, expected] : sha256) {
    const auto file = find_file(folder, name, set.archive);
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
    if (path.starts_with(set.folder + "/")) out[path.substr(set.folder.size() + 1)] = hex;
  return out;
}

}  // namespace

std::vector<DatasetStatus> dataset_statuses(const std::string& data_root, bool verify) {
  if (!data_root.empty() && !fs::is_directory(data_root))
    throw UserError("the data root is not a folder; give --data an existing one: " + data_root);
  std::vector<DatasetStatus> out;
  for (const DatasetManifest& set : read_manifests(datasets_folder() + "/manifests")) {
    DatasetStatus status{set.name, set.source, set.licence, "missing", {}};
    const std::string folder = folder_of(set, data_root);
    if (fs::is_directory(folder)) {
      status.found = data_root.empty() ? "built-in sample" : folder;
      if (verify) {
        status.problems =
            checksum_problems(set, folder, data_root.empty() ? sample_checksums(set) : set.sha256);
      }
    }
    out.push_back(std::move(status));
  }
  return out;
}

}  // namespace flm
