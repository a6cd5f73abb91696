#include "datasets/sources/data_files.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "datasets/compression/archive.h"
#include "datasets/formats/data_formats.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> files_of(const DatasetRequest& request, const Json& kwargs,
                                  const std::string& split) {
  if (!kwargs.contains("data_files")) {
    throw UserError("dataset_path " + request.path +
                    " needs dataset_kwargs: {data_files: {SPLIT: FILE}}");
  }
  Json files = kwargs["data_files"];
  if (!files.is_object()) files = Json{{"train", files}};
  if (!files.contains(split)) {
    std::string known;
    for (const auto& [name, value] : files.items()) known += (known.empty() ? "" : ", ") + name;
    throw UserError("data_files has no split " + split + "; it has " + known);
  }
  const Json& named = files[split];
  if (named.is_array()) return named.get<std::vector<std::string>>();
  if (!named.is_string())
    throw UserError("data_files: a split must be a file or a list of files, which it is not: " +
                    split + ": " + named.dump());
  return {named.get<std::string>()};
}

/// Every row gets every key, in the order in which keys first appear.
void unify_keys(std::vector<Json>& rows) {
  std::vector<std::string> keys;
  for (const Json& row : rows)
    for (const auto& [key, value] : row.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  for (Json& row : rows) {
    if (row.size() == keys.size() &&
        std::equal(keys.begin(), keys.end(), row.items().begin(),
                   [](const std::string& key, const auto& item) { return key == item.key(); }))
      continue;
    Json whole = Json::object();
    for (const std::string& key : keys)
      whole[key] = row.contains(key) ? std::move(row[key]) : Json(nullptr);
    row = std::move(whole);
  }
}

}  // namespace

bool is_data_files_path(const std::string& path) {
  const DataFormat* format = find_data_format(path);
  return format && format->table;
}

std::shared_ptr<const DatasetSplit> load_data_files(const DatasetRequest& request,
                                                    const std::string& split) {
  const DataFormat& format = *find_data_format(request.path);
  auto out = std::make_shared<DatasetSplit>();
  const Json kwargs = request.kwargs_json.empty()
                          ? Json::object()
                          : parse_json(request.kwargs_json, "dataset_kwargs");
  Sha256 hash;
  for (const std::string& name : files_of(request, kwargs, split)) {
    const fs::path path =
        fs::path(name).is_absolute() ? fs::path(name) : fs::path(request.task_folder) / name;
    const auto file = find_file(path.parent_path().string(), path.filename().string());
    if (!file) {
      throw UserError("no such data file; data_files are relative to the task file's folder: " +
                      path.string());
    }
    hash.update(file->bytes);
    for (Json& row : format.table(file->bytes, kwargs, file->path))
      out->rows.push_back(std::move(row));
    out->files.push_back(file->path);
  }
  unify_keys(out->rows);
  if (format.unify) format.unify(out->rows);
  out->sha256 = hash.hex();
  return out;
}

}  // namespace flm
