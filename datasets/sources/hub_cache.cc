#include "datasets/sources/hub_cache.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/environment.h"
#include "base/system/files.h"
#include "base/system/hugging_face_cache.h"
#include "base/system/places.h"
#include "datasets/formats/arrow/reader.h"
#include "datasets/formats/data_formats.h"
#include "datasets/sources/configurations.h"
#include "datasets/sources/data_files.h"
#include "datasets/sources/hub_snapshot.h"
#include "datasets/sources/named_files.h"
#include "datasets/sources/path_patterns.h"
#include "datasets/sources/saved_dataset.h"
#include "datasets/sources/shards.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// The `datasets` library's cache: it follows `~` in these variables and, unlike huggingface_hub,
/// no `$NAME` (config.py, builder.py).
fs::path library_cache() {
  const fs::path caches = environment("XDG_CACHE_HOME").value_or("~/.cache");
  const fs::path home = environment("HF_HOME").value_or((caches / "huggingface").string());
  return expand_user(environment("HF_DATASETS_CACHE").value_or((home / "datasets").string()));
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

fs::file_time_type written_at(const fs::path& path) {
  std::error_code ignored;
  return fs::last_write_time(path, ignored);  // the earliest where it is gone
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
  const std::vector<fs::path> configurations = entries_of(set);
  const bool exact = is_folder(set / wanted);
  for (const fs::path& configuration : configurations) {
    const std::string found = configuration.filename().string();
    const bool only = name.empty() && configurations.size() == 1;
    if (found != wanted && (exact || !is_changed(found, wanted)) && !only) continue;
    for (const fs::path& version : entries_of(configuration))
      for (const fs::path& build : entries_of(version)) {
        if (!is_file(build / "dataset_info.json")) continue;  // being written
        const auto files = entries_of(build);
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
  for (const fs::path& file : entries_of(build)) {
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
  if (!is_open_folder(hub_folder())) return {};
  const fs::path set = hub_entry("datasets", id), main = hub_snapshot(set, "main");
  if (is_folder(main)) return main;
  const std::vector<fs::path> snapshots = entries_of(set / "snapshots");
  const auto newest = std::max_element(
      snapshots.begin(), snapshots.end(),
      [](const fs::path& a, const fs::path& b) { return written_at(a) < written_at(b); });
  return newest == snapshots.end() ? fs::path() : *newest;
}

/// Empty where there is none.
fs::path library_folder(const std::string& id) {
  if (!is_open_folder(library_cache())) return {};
  const fs::path folder = library_cache() / library_folder_name(id);
  return is_folder(folder) ? folder : fs::path();
}

}  // namespace

std::shared_ptr<const DatasetSplit> load_library_files(const std::string& id,
                                                       const std::string& name,
                                                       const std::string& split) {
  const fs::path set = library_folder(id);
  if (set.empty()) return nullptr;
  const std::vector<fs::path> found = builds(set, name, split);
  return found.empty() ? nullptr : read_build(found[0], split);
}

namespace {

/// Whether the files of a split are chosen one by one: those are read, shards of more or not.
bool spells_files(const Configuration& configuration, const Json& kwargs,
                  const std::string& split) {
  if (kwargs.contains("data_files") && !kwargs["data_files"].is_null()) return true;
  for (const auto& [name, patterns] : configuration.data_files)
    if (name == split) return std::none_of(patterns.begin(), patterns.end(), has_pattern);
  return false;
}

}  // namespace

std::string snapshot_folder(const std::string& id) {
  const fs::path found = snapshot_path(id);
  return is_folder(found) ? found.string() : "";
}

std::shared_ptr<const DatasetSplit> load_snapshot(const std::string& folder,
                                                  const std::string& name, const std::string& split,
                                                  const Json& kwargs, FirstSplit& kept) {
  if (!is_folder(folder)) return nullptr;
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
    if (!spells_files(*configuration, kwargs, one)) check_shards(out, "the split " + one);
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
  return library.empty() ? snapshot_folder(id) : library.string();
}

}  // namespace flm
