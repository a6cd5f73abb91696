#include "datasets/sources/named_files.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "datasets/sources/hub_snapshot.h"
#include "datasets/sources/path_patterns.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

bool has(const Json& kwargs, const char* key) {
  return kwargs.contains(key) && !kwargs[key].is_null();
}

/// The texts that data_files gives for a split.
std::vector<std::string> patterns_of(Json files, const std::string& split) {
  if (!files.is_object()) files = Json{{"train", files}};
  if (!files.contains(split)) {
    std::string known;
    for (const auto& [name, value] : files.items()) known += (known.empty() ? "" : ", ") + name;
    throw UserError("data_files has no split " + split + "; it has " + known);
  }
  const Json named = files[split].is_array() ? files[split] : Json::array({files[split]});
  if (named.empty() ||
      !std::all_of(named.begin(), named.end(), [](const Json& name) { return name.is_string(); }))
    throw UserError("data_files: a split must be a file or a list of files, which it is not: " +
                    split + ": " + files[split].dump());
  return named.get<std::vector<std::string>>();
}

/// The part of a pattern before its first sign: a folder that can be listed.
fs::path leading_folder(const fs::path& pattern) {
  fs::path folder;
  for (const fs::path& part : pattern) {
    if (has_pattern(part.string())) break;
    folder /= part;
  }
  return folder;
}

/// Sorted. No deeper than the pattern is, unless it says **.
std::vector<std::string> matching_files(const fs::path& base, const std::string& pattern) {
  const fs::path head = leading_folder(fs::path(pattern).lexically_normal());
  const fs::path there = base / head;
  const fs::path folder = there.empty() ? fs::path(".") : there;
  const fs::path tail = fs::path(pattern).lexically_normal();
  const std::string below = (head.empty() ? tail : tail.lexically_relative(head)).string();
  const auto depth = std::count(below.begin(), below.end(), '/');
  const bool any_depth = below.find("**") != std::string::npos;
  std::vector<std::string> out;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (!any_depth && entry.depth() >= depth) entry.disable_recursion_pending();
    const std::string name = entry->path().lexically_relative(folder).string();
    if (entry->is_regular_file() && selects(below, name)) out.push_back(entry->path().string());
  }
  if (error) throw UserError("data_files: cannot list " + folder.string() + ": " + error.message());
  std::sort(out.begin(), out.end());
  if (out.empty())
    throw UserError("data_files: no file matches; relative patterns begin at " + base.string() +
                    ": " + pattern);
  return out;
}

/// Where relative names begin.
fs::path base_folder(const std::string& folder, const Json& kwargs) {
  if (!has(kwargs, "data_dir")) return folder;
  if (!kwargs["data_dir"].is_string())
    throw UserError("dataset_kwargs: data_dir must be a folder: " + kwargs["data_dir"].dump());
  const fs::path base = fs::path(folder) / kwargs["data_dir"].get<std::string>();
  if (!fs::is_directory(base))
    throw UserError("dataset_kwargs: data_dir is no folder: " + base.string());
  return base;
}

}  // namespace

bool names_files(const Json& kwargs) {
  return has(kwargs, "data_files") || has(kwargs, "data_dir");
}

std::vector<std::string> named_files(const std::string& folder, const Json& kwargs,
                                     const std::string& split) {
  const fs::path base = base_folder(folder, kwargs);
  std::vector<std::string> out;
  if (!has(kwargs, "data_files")) {
    const std::vector<SplitFiles> splits = snapshot_splits(base.string(), "", {});
    const SplitFiles* found = find_split(splits, split);
    if (!found)
      throw UserError("data_dir has no file whose name tells the split " + split + ": " +
                      base.string());
    return found->files;
  }
  for (const std::string& name : patterns_of(kwargs["data_files"], split)) {
    if (name.find("://") != std::string::npos)
      throw UserError("data_files: nothing is fetched here; download it and name the file: " +
                      name);
    if (!has_pattern(name)) {
      out.push_back((base / name).lexically_normal().string());
      continue;
    }
    for (std::string& file : matching_files(base, name)) out.push_back(std::move(file));
  }
  return out;
}

std::string first_named_split(const std::string& folder, const Json& kwargs) {
  if (has(kwargs, "data_files")) {
    const Json& files = kwargs["data_files"];
    return files.is_object() && !files.empty() ? files.begin().key() : "train";
  }
  const std::vector<SplitFiles> splits =
      snapshot_splits(base_folder(folder, kwargs).string(), "", {});
  return splits.empty() ? "" : splits[0].split;
}

}  // namespace flm
