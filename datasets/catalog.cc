#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "datasets/compression/archive.h"
#include "datasets/dataset.h"
#include "datasets/formats/data_formats.h"
#include "datasets/sources/configurations.h"
#include "datasets/sources/data_files.h"
#include "datasets/sources/hub_cache.h"
#include "datasets/sources/locate.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// "; ..." of a root that is the set's own folder, or holds it in no layout that is known.
std::string what_lies_there(const DatasetManifest& set, const std::string& root,
                            const std::string& name, const std::string& split) {
  const std::string above =
      (fs::absolute(root) / "").lexically_normal().parent_path().parent_path();
  if (locate_split(set, above, false, name, split))
    return "; the root is the folder above that of the set: give --data " + above;
  std::vector<std::string> folders = set.huggingface;
  folders.insert(folders.begin(), set.folder());
  for (const std::string& folder : folders)
    if (const fs::path there = fs::path(root) / folder; fs::is_directory(there))
      return "; " + there.string() + " is there, with this split in no layout that is known";
  return "";
}

[[noreturn]] void fail_missing(const DatasetManifest& set, const std::string& root,
                               const std::string& name, const std::string& split) {
  const std::string file = first_file(set, name, split);
  const std::string message =
      root.empty()
          ? "no built-in sample of " + set.name + " for " + file +
                "; give --data DIR with the official files (" + set.source + "); " +
                how_to_get(set, root)
          : "neither the data root nor Hugging Face's caches hold " + set.name + " (" + set.source +
                "); " + how_to_get(set, root) + what_lies_there(set, root, name, split) +
                "; missing: " + (fs::path(root) / set.folder() / file).string();
  throw MissingDataset(
      set.name,
      set.fetch.urls.empty() ? MissingDataset::Source::kListed : MissingDataset::Source::kFetch,
      message);
}

/// Built-in samples are pinned: they are part of the program.
void check_pinned(const std::map<std::string, std::string>& sha256, const std::string& name,
                  const FoundFile& file) {
  const auto pinned = sha256.find(name);
  const std::string found = sha256_hex(file.bytes);
  if (pinned != sha256.end() && pinned->second != found) {
    throw UserError("the built-in sample " + file.path + " was changed (sha256 " + found +
                    "); restore it from the source tree");
  }
}

/// Rows [first, last) as Python slices them.
void slice_rows(std::vector<Json>& rows, const SplitRule& rule) {
  const auto size = static_cast<std::int64_t>(rows.size());
  const auto place = [&](std::optional<std::int64_t> at, std::int64_t otherwise) {
    if (!at) return otherwise;
    return std::clamp(*at < 0 ? *at + size : *at, std::int64_t{0}, size);
  };
  const std::int64_t first = place(rule.first, 0), last = std::max(first, place(rule.last, size));
  rows = std::vector<Json>(std::make_move_iterator(rows.begin() + first),
                           std::make_move_iterator(rows.begin() + last));
}

void keep_range(std::vector<Json>& rows, const SplitRule& rule, const std::string& where) {
  if (rule.range_column.empty()) return;
  std::erase_if(rows, [&](const Json& row) {
    if (!row.contains(rule.range_column) || !row[rule.range_column].is_number_integer())
      throw UserError(where + ": column " + rule.range_column +
                      " must be a whole number; fetch the set again, row: " + row.dump());
    const auto value = row[rule.range_column].get<std::int64_t>();
    return value < rule.least || value > rule.most;
  });
}

std::shared_ptr<DatasetSplit> read_located(const LocatedSplit& found, const std::string& name) {
  auto out = std::make_shared<DatasetSplit>();
  Sha256 hash;
  for (const FoundFile& file : found.files) {
    hash.update(file.bytes);
    SourceRows rows = read_rows(file.bytes, found.layout->format, found.layout->header, file.path);
    for (Json& row : shape_rows(found.layout->columns, name, std::move(rows), file.path))
      out->rows.push_back(std::move(row));
    out->files.push_back(file.path);
  }
  slice_rows(out->rows, *found.rule);
  keep_range(out->rows, *found.rule, found.files[0].path);
  out->sha256 = hash.hex();
  out->note = found.layout->note;
  out->refused = found.layout->refused;
  return out;
}

/// UserError where a folder that could hold the set is there, but its README.md knows no such
/// configuration.
void check_configurations(const DatasetRequest& request, const std::vector<std::string>& ids,
                          const std::string& root) {
  for (const std::string& id : ids) check_configuration(snapshot_folder(id), request.name);
  if (!root.empty()) check_configuration((fs::path(root) / request.path).string(), request.name);
  if (const auto folder = folder_of_that_name(request)) check_configuration(*folder, request.name);
}

/// A copy whose checksum is known and whose rows differ from the official ones.
bool is_known_copy(const DatasetManifest& set, const LocatedSplit& found,
                   const DatasetSplit& read) {
  const auto copy = set.copy_sha256.find(found.names[0]);
  return !set.copy.empty() && found.layout == &set.layouts[0] && copy != set.copy_sha256.end() &&
         copy->second == read.sha256;
}

}  // namespace

struct DatasetCatalog::State {
  std::string root;
  std::vector<DatasetManifest> manifests;
  std::map<std::string, std::string> sample_sha256;  // path below samples/ -> sha256
  std::vector<std::string> notes, copies, substitutes;
  FirstSplit first_split;

  static void add(std::vector<std::string>& lines, const std::string& line) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  }
  void note(const std::string& line) { add(notes, line); }

  void note_difference(const DatasetManifest& set, const DatasetSplit& found) {
    if (found.note.empty()) return;
    note("data set " + set.name + ": " + found.note);
    if (found.refused.empty()) return add(copies, set.name);
    add(substitutes, "data set " + set.name + ": " + found.note + "; " + how_to_get(set, root) +
                         "; or " + found.refused + " (asked: " + set.name + ")");
  }

  /// Null where no manifest names the id at all.
  const DatasetManifest* manifest(const std::string& id, const std::string& name) const {
    const DatasetManifest* named = nullptr;
    for (const DatasetManifest& set : manifests) {
      if (set.answers(id, name)) return &set;
      if (std::count(set.huggingface.begin(), set.huggingface.end(), id)) named = &set;
    }
    return named;
  }

  /// A hub snapshot may hold the official files as they are: C-Eval's and CMMLU's zip.
  std::shared_ptr<const DatasetSplit> from_snapshot(const DatasetManifest* set,
                                                    const std::string& folder,
                                                    const std::string& name,
                                                    const std::string& split, const Json& kwargs) {
    if (folder.empty()) return nullptr;
    if (set && set->answers(set->huggingface[0], name))
      if (const auto found = locate_split(*set, folder, true, name, split))
        return read_located(*found, name);
    return load_snapshot(folder, name, split, kwargs, first_split);
  }

  std::shared_ptr<const DatasetSplit> from_files(const DatasetManifest& set,
                                                 const std::string& name,
                                                 const std::string& split) const {
    const std::string below = root.empty() ? samples_folder(set) : root;
    const auto found = locate_split(set, below, root.empty(), name, split);
    if (!found) return nullptr;
    auto out = read_located(*found, name);
    if (is_known_copy(set, *found, *out)) out->note = set.copy;
    if (!root.empty()) return out;
    out->builtin_sample = true;
    for (std::size_t i = 0; i < found->files.size(); ++i)
      check_pinned(sample_sha256, set.folder() + "/" + found->names[i], found->files[i]);
    return out;
  }
};

DatasetCatalog::DatasetCatalog(std::string data_root) : state_(std::make_unique<State>()) {
  if (!data_root.empty() && !fs::is_directory(data_root))
    throw UserError(
        "the data root (--data, or FLMEVAL_DATA) is not a folder; give an existing one: " +
        data_root);
  state_->root = std::move(data_root);
  state_->manifests = read_manifests(datasets_folder() + "/manifests");
  state_->sample_sha256 = read_checksums(datasets_folder() + "/samples/SHA256SUMS");
}

DatasetCatalog::~DatasetCatalog() = default;

std::shared_ptr<const DatasetSplit> DatasetCatalog::load(const DatasetRequest& request,
                                                         const std::string& split) const {
  if (is_data_files_path(request.path)) return load_data_files(request, split, state_->first_split);
  const Json kwargs = dataset_kwargs(request);
  if (const auto folder = local_folder(request)) {
    if (auto found = load_snapshot(*folder, request.name, split, kwargs, state_->first_split))
      return found;
    check_configuration(*folder, request.name);
    throw UserError("no data file in the folder tells the split " + split +
                    " by its name; name it in dataset_kwargs: {data_files: {" + split +
                    ": FILE}} (dataset_path: " + request.path + ")");
  }
  const std::string& root = state_->root;
  const DatasetManifest* set = state_->manifest(request.path, request.name);
  const bool ours = set && set->answers(request.path, request.name);
  if (ours && !root.empty())
    if (auto found = state_->from_files(*set, request.name, split)) {
      state_->note_difference(*set, *found);
      return found;
    }
  const std::vector<std::string> ids = set ? set->huggingface : std::vector{request.path};
  for (const std::string& id : ids) {
    auto found = load_library_files(id, request.name, split);
    if (!found)
      found = state_->from_snapshot(set, snapshot_folder(id), request.name, split, kwargs);
    if (!found) continue;
    state_->note("data set " + id + " is read from " +
                 fs::path(found->files[0]).parent_path().string());
    return found;
  }
  if (ours && root.empty())
    if (auto found = state_->from_files(*set, request.name, split)) return found;
  if (!root.empty())
    if (auto found = load_snapshot((fs::path(root) / request.path).string(), request.name, split,
                                   kwargs, state_->first_split))
      return found;
  if (!set)
    if (const auto folder = folder_of_that_name(request))
      if (auto found = load_snapshot(*folder, request.name, split, kwargs, state_->first_split))
        return found;
  check_configurations(request, ids, root);
  if (ours) {
    check_split(*set, split);
    fail_missing(*set, root, request.name, split);
  }
  if (set)
    throw MissingDataset(
        request.path, MissingDataset::Source::kHub,
        "data set " + set->name + " has no configuration " + request.name +
            " here, and Hugging Face's caches do not hold it; type: hf download --repo-type "
            "dataset " +
            request.path);
  throw MissingDataset(
      request.path, MissingDataset::Source::kHub,
      "no manifest for dataset_path " + request.path + "; type: hf download --repo-type dataset " +
          request.path + ", or put it into --data DIR/" + request.path +
          ", or name files: dataset_path json, csv, text, parquet or arrow with "
          "dataset_kwargs: {data_files: ...}; flmeval data list shows the known sets (asked: " +
          request.path + ")");
}

std::vector<std::string> DatasetCatalog::notes() const { return state_->notes; }

std::vector<std::string> DatasetCatalog::copies() const { return state_->copies; }

std::vector<std::string> DatasetCatalog::substitutes() const { return state_->substitutes; }

std::vector<std::string> DatasetCatalog::bpb_domains() const {
  std::vector<std::string> domains, ignored;
  const DatasetManifest& bpb = *state_->manifest("bpb", "");
  const fs::path folder =
      state_->root.empty() ? fs::path(samples_folder(bpb)) : fs::path(state_->root) / bpb.folder();
  if (!fs::is_directory(folder)) return domains;
  for (const auto& language : fs::directory_iterator(folder)) {
    if (!language.is_directory()) {
      if (!format_of_name(language.path()).empty()) ignored.push_back(language.path());
      continue;
    }
    for (const auto& file : fs::directory_iterator(language)) {
      const std::string name = file.path().filename(), format = format_of_name(name);
      if (format == "jsonl")
        domains.push_back(language.path().filename().string() + "/" +
                          name.substr(0, name.rfind(".jsonl")));
      else if (!format.empty())
        ignored.push_back(file.path());
    }
  }
  std::sort(ignored.begin(), ignored.end());
  for (const std::string& path : ignored)
    state_->note("ignored: " + path +
                 " (bits per byte wants bpb/LANG/DOMAIN.jsonl, packed or not)");
  std::sort(domains.begin(), domains.end());
  domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
  return domains;
}

}  // namespace flm
