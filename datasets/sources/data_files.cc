#include "datasets/sources/data_files.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "datasets/compression/archive.h"
#include "datasets/formats/data_formats.h"
#include "datasets/formats/split_types.h"
#include "datasets/sources/known_kwargs.h"
#include "datasets/sources/named_files.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// Packed files that the datasets library unpacks and this program does not, by their first bytes.
void refuse_packed(std::string_view bytes, const std::string& path) {
  using namespace std::string_view_literals;
  static constexpr std::pair<std::string_view, const char*> kinds[] = {
      {"PK\x03\x04"sv, "zip"},
      {"BZh"sv, "bzip2"},
      {"\xFD"
       "7zXZ\0"sv,
       "xz"},
      {"\x28\xB5\x2F\xFD"sv, "zstd"},
      {"\x04\x22\x4D\x18"sv, "lz4"},
      {"\x1F\x8B"sv, "gzip under another name than .gz"}};
  for (const auto& [mark, name] : kinds)
    if (bytes.starts_with(mark))
      throw UserError("a file that is packed by " + std::string(name) + "; unpack it: " + path);
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

std::shared_ptr<DatasetSplit> read_data_files(const std::vector<std::string>& paths,
                                              const std::string& format_name, const Json& kwargs) {
  auto out = std::make_shared<DatasetSplit>();
  Sha256 hash;
  void (*unify)(std::vector<Json>&, const Json&) = nullptr;
  for (const std::string& name : paths) {
    const fs::path path = name;
    const auto file = find_file(path.parent_path().string(), path.filename().string());
    if (!file)
      throw UserError(
          "no such data file; data_files are relative to the task file's folder, or to data_dir: " +
          name);
    hash.update(file->bytes);
    const std::string known = format_name.empty() ? format_of_name(name) : format_name;
    const DataFormat* format = find_data_format(known);
    refuse_empty(file->bytes, file->path);
    refuse_packed(file->bytes, file->path);
    for (Json& row : format && format->table ? format->table(file->bytes, kwargs, file->path)
                                             : read_rows(file->bytes, known, {}, file->path).rows)
      out->rows.push_back(std::move(row));
    if (format && format->unify) unify = format->unify;
    out->files.push_back(file->path);
  }
  unify_keys(out->rows);
  if (unify) unify(out->rows, kwargs);
  out->sha256 = hash.hex();
  return out;
}

Json dataset_kwargs(const DatasetRequest& request) {
  if (request.kwargs_json.empty()) return Json::object();
  Json kwargs = parse_json(request.kwargs_json, "dataset_kwargs");
  check_dataset_kwargs(kwargs);
  return kwargs;
}

/// The split that data_files names first; "" where it names none.
std::string first_split(const Json& kwargs) {
  const auto files = kwargs.find("data_files");
  return files != kwargs.end() && files->is_object() && !files->empty() ? files->begin().key() : "";
}

std::shared_ptr<const DatasetSplit> load_data_files(const DatasetRequest& request,
                                                    const std::string& split) {
  const Json kwargs = dataset_kwargs(request);
  if (!names_files(kwargs))
    throw UserError(
        "dataset_path " + request.path +
        " needs dataset_kwargs: {data_files: {SPLIT: FILE}}, or data_dir (split: " + split + ")");
  const auto rows_of = [&](const std::string& name) {
    return read_data_files(named_files(request.task_folder, kwargs, name), request.path, kwargs);
  };
  std::shared_ptr<DatasetSplit> out = rows_of(split);
  const std::string first = first_split(kwargs);
  const DataFormat* format = find_data_format(request.path);
  if (first.empty() || first == split || !format || !format->inferred || !has_numbers(out->rows))
    return out;
  cast_to_first_split(rows_of(first)->rows, out->rows);
  return out;
}

std::optional<std::string> folder_of_that_name(const DatasetRequest& request) {
  const fs::path path = request.path;
  for (const fs::path& folder : {fs::path(request.task_folder) / path, path})
    if (fs::is_directory(folder)) return folder.lexically_normal().string();
  return std::nullopt;
}

std::optional<std::string> local_folder(const DatasetRequest& request) {
  const fs::path path = request.path;
  const bool local = path.is_absolute() || request.path.starts_with("./") ||
                     request.path.starts_with("../") || request.path == ".";
  if (!local) return std::nullopt;
  if (const auto folder = folder_of_that_name(request)) return folder;
  throw UserError("dataset_path is no folder, here or beside the task file: " + request.path);
}

}  // namespace flm
