#include "datasets/sources/hub_cache.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/files.h"
#include "datasets/formats/arrow/reader.h"
#include "datasets/formats/data_formats.h"
#include "datasets/sources/configurations.h"
#include "datasets/sources/data_files.h"
#include "datasets/sources/hub_snapshot.h"
#include "datasets/sources/named_files.h"
#include "datasets/sources/saved_dataset.h"
#include "datasets/sources/shards.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// ~/x is below the home, as Python's expanduser has it.
fs::path expanded(const std::string& path) {
  const std::string home = environment("HOME");
  return path.starts_with("~/") && !home.empty() ? fs::path(home) / path.substr(2) : fs::path(path);
}

/// The folder of Hugging Face's caches; "" where not even a home is known.
fs::path cache_home() {
  if (const std::string home = environment("HF_HOME"); !home.empty()) return expanded(home);
  if (const std::string xdg = environment("XDG_CACHE_HOME"); !xdg.empty())
    return fs::path(xdg) / "huggingface";
  const std::string home = environment("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".cache/huggingface";
}

fs::path cache_folder(std::initializer_list<const char*> variables, const char* name) {
  for (const char* variable : variables)
    if (const std::string own = environment(variable); !own.empty()) return expanded(own);
  const fs::path home = cache_home();
  return home.empty() ? home : home / name;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// FewCLUE -> few_clue, as the `datasets` library names its folders.
std::string snake_case(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_upper(c)) {
      out += c;
      continue;
    }
    const char before = i > 0 ? name[i - 1] : '_', after = i + 1 < name.size() ? name[i + 1] : '_';
    const bool word_ends = is_lower(before);
    const bool last_of_capitals = is_upper(before) && after >= 'a' && after <= 'z';
    if (word_ends || last_of_capitals) out += '_';
    out += static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// ORG/NAME -> ORG___name.
std::string library_folder_name(const std::string& id) {
  const std::size_t slash = id.find('/');
  if (slash == std::string::npos) return snake_case(id);
  return id.substr(0, slash) + "___" + snake_case(id.substr(slash + 1));
}

/// A place in the cache that cannot be looked at, another user's home for one, is not there.
bool is_cached_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_cached_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

fs::file_time_type written_at(const fs::path& path) {
  std::error_code ignored;
  return fs::last_write_time(path, ignored);  // the earliest where it is gone
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    out.push_back(at->path());
  std::sort(out.begin(), out.end());
  return out;
}

/// PREFIX-SPLIT.arrow or PREFIX-SPLIT-00000-of-00002.arrow.
bool holds_split(const std::string& file, const std::string& split) {
  if (!file.ends_with(".arrow")) return false;
  return unsharded_stem(file).ends_with("-" + split);
}

/// A configuration of local changes is named NAME-HASH, of 16 hexadecimal digits.
bool is_changed(const std::string& found, const std::string& name) {
  return found.size() == name.size() + 17 && found.starts_with(name + "-") &&
         found.find_first_not_of("0123456789abcdef", name.size() + 1) == std::string::npos;
}

/// CONFIG/VERSION/HASH folders with a finished build of the split, the newest first.
std::vector<fs::path> builds(const fs::path& set, const std::string& name,
                             const std::string& split) {
  std::vector<fs::path> out;
  const std::string wanted = name.empty() ? "default" : name;
  const std::vector<fs::path> configurations = sorted_entries(set);
  const bool exact = is_cached_folder(set / wanted);
  for (const fs::path& configuration : configurations) {
    const std::string found = configuration.filename().string();
    const bool only = name.empty() && configurations.size() == 1;
    if (found != wanted && (exact || !is_changed(found, wanted)) && !only) continue;
    for (const fs::path& version : sorted_entries(configuration))
      for (const fs::path& build : sorted_entries(version)) {
        if (!is_cached_file(build / "dataset_info.json")) continue;  // being written
        const auto files = sorted_entries(build);
        if (std::any_of(files.begin(), files.end(),
                        [&](const auto& f) { return holds_split(f.filename().string(), split); }))
          out.push_back(build);
      }
  }
  std::sort(out.begin(), out.end(), [](const fs::path& a, const fs::path& b) {
    return written_at(a / "dataset_info.json") > written_at(b / "dataset_info.json");
  });
  return out;
}

std::shared_ptr<const DatasetSplit> read_build(const fs::path& build, const std::string& split) {
  auto out = std::make_shared<DatasetSplit>();
  Sha256 hash;
  for (const fs::path& file : sorted_entries(build)) {
    if (!holds_split(file.filename().string(), split)) continue;
    const std::string bytes = read_file(file.string());
    hash.update(bytes);
    for (Json& row : arrow_rows(bytes, file.string()).rows) out->rows.push_back(std::move(row));
    out->files.push_back(file.string());
  }
  check_shards(out->files, "the split " + split);
  out->sha256 = hash.hex();
  return out;
}

/// hub/datasets--ORG--NAME/snapshots/REVISION: the one that refs/main names, else the newest.
fs::path snapshot_path(const std::string& id) {
  std::string name = "datasets--" + id;
  if (const std::size_t slash = name.find('/'); slash != std::string::npos)
    name.replace(slash, 1, "--");
  const fs::path hub = cache_folder({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}, "hub");
  if (hub.empty()) return {};
  const fs::path set = hub / name;
  if (is_cached_file(set / "refs/main")) {
    std::string revision = read_file((set / "refs/main").string());
    revision.erase(revision.find_last_not_of(" \n\r") + 1);
    if (is_cached_folder(set / "snapshots" / revision)) return set / "snapshots" / revision;
  }
  const std::vector<fs::path> snapshots = sorted_entries(set / "snapshots");
  const auto newest = std::max_element(
      snapshots.begin(), snapshots.end(),
      [](const fs::path& a, const fs::path& b) { return written_at(a) < written_at(b); });
  return newest == snapshots.end() ? fs::path() : *newest;
}

fs::path library_folder(const std::string& id) {
  const fs::path cache = cache_folder({"HF_DATASETS_CACHE"}, "datasets");
  return cache.empty() ? cache : cache / library_folder_name(id);
}

}  // namespace

std::shared_ptr<const DatasetSplit> load_library_files(const std::string& id,
                                                       const std::string& name,
                                                       const std::string& split) {
  const fs::path set = library_folder(id);
  if (set.empty() || !is_cached_folder(set)) return nullptr;
  const std::vector<fs::path> found = builds(set, name, split);
  return found.empty() ? nullptr : read_build(found[0], split);
}

std::string snapshot_folder(const std::string& id) {
  const fs::path found = snapshot_path(id);
  return is_cached_folder(found) ? found.string() : "";
}

std::shared_ptr<const DatasetSplit> load_cached(const std::string& id, const std::string& name,
                                                const std::string& split) {
  if (auto found = load_library_files(id, name, split)) return found;
  FirstSplit kept;
  return load_snapshot(snapshot_folder(id), name, split, Json::object(), kept);
}

std::shared_ptr<const DatasetSplit> load_snapshot(const std::string& folder,
                                                  const std::string& name, const std::string& split,
                                                  const Json& kwargs, FirstSplit& kept) {
  if (!is_cached_folder(folder)) return nullptr;
  const bool named = names_files(kwargs);
  const auto configuration = find_configuration(folder, name, named);
  if (!configuration) return nullptr;
  const std::vector<SplitFiles> saved = named ? std::vector<SplitFiles>{} : saved_splits(folder);
  const std::vector<SplitFiles> splits =
      named || !saved.empty() ? saved : snapshot_splits(folder, name, *configuration);
  const auto files = [&](const std::string& one) {
    const SplitFiles* found = find_split(splits, one);
    std::vector<std::string> out = named   ? named_files(folder, kwargs, one)
                                   : found ? found->files
                                           : std::vector<std::string>{};
    check_shards(out, "the split " + one);
    return out;
  };
  const bool one_schema = saved.empty() && !splits.empty();  // load_from_disk keeps each split's
  const std::string first = named        ? first_named_split(folder, kwargs)
                            : one_schema ? splits[0].split
                                         : "";
  Json all = configuration->kwargs;
  all.update(kwargs);
  return read_split({files, first, "", all, configuration->features}, split, kept);
}

std::string cached_folder(const std::string& id) {
  const fs::path library = library_folder(id);
  return !library.empty() && is_cached_folder(library) ? library.string() : snapshot_folder(id);
}

}  // namespace flm
