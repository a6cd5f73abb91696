#include "datasets/sources/saved_dataset.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void not_whole(const std::string& what, const fs::path& path) {
  throw UserError("a folder of save_to_disk is not whole, " + what +
                  "; save it again: " + path.string());
}

/// A name in the folder itself, as save_to_disk writes them.
std::string plain_name(const Json& value, const fs::path& origin) {
  const std::string name = value.is_string() ? value.get<std::string>() : "";
  if (name.empty() || name == "." || name == ".." || fs::path(name).filename() != name)
    not_whole("a name is none: " + value.dump(), origin);
  return name;
}

SplitFiles saved_split(const fs::path& folder, const std::string& split) {
  const fs::path path = folder / "state.json";
  if (!fs::is_regular_file(path)) not_whole("it has no state.json", folder);
  const Json state = read_json_file(path.string());
  const Json files = state.is_object() ? state.value("_data_files", Json()) : Json();
  if (!files.is_array()) not_whole("it names no _data_files", path);
  SplitFiles out{split, {}};
  for (const Json& file : files)
    out.files.push_back(folder /
                        plain_name(file.is_object() ? file.value("filename", Json()) : file, path));
  if (!split.empty()) return out;
  const Json named = state.value("_split", Json());
  out.split = named.is_string() ? named.get<std::string>() : "train";
  return out;
}

}  // namespace

std::vector<SplitFiles> saved_splits(const std::string& folder) {
  const fs::path path = fs::path(folder) / "dataset_dict.json";
  if (!fs::is_regular_file(path)) {
    if (!fs::is_regular_file(fs::path(folder) / "state.json") ||
        !fs::is_regular_file(fs::path(folder) / "dataset_info.json"))
      return {};
    return {saved_split(folder, "")};
  }
  const Json saved = read_json_file(path.string());
  const Json names = saved.is_object() ? saved.value("splits", Json()) : Json();
  if (!names.is_array()) not_whole("it names no splits", path);
  std::vector<SplitFiles> out;
  for (const Json& name : names) {
    const std::string split = plain_name(name, path);
    out.push_back(saved_split(fs::path(folder) / split, split));
  }
  return out;
}

}  // namespace flm
