#include "datasets/sources/data_files.h"

#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/sha256.h"
#include "datasets/compression/archive.h"
#include "datasets/formats/cells.h"
#include "datasets/formats/data_formats.h"
#include "datasets/sources/known_kwargs.h"
#include "datasets/sources/named_files.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

struct Table {
  const DataFormat* format;
  Json kwargs;
};

/// In a folder the library reads JSON lines as json, and tables with tabs as csv.
Table table_of(const std::string& file, const std::string& format, const Json& kwargs) {
  std::string name = format.empty() ? format_of_name(file) : format;
  if (!format.empty() || (name != "jsonl" && name != "tsv"))
    return {find_data_format(name), kwargs};
  Table table{find_data_format(name == "tsv" ? "csv" : "json"), kwargs};
  const bool separated = kwargs.contains("sep") || kwargs.contains("delimiter");
  if (name == "tsv" && !separated) table.kwargs["sep"] = "\t";
  return table;
}

std::optional<FoundFile> find_path(const fs::path& path) {
  return find_file(path.parent_path().string(), path.filename().string());
}

/// The rows of files, typed as the datasets library types them; "" = each file's format by its
/// name. As that library does, a key that only some rows have is null in the others. `decided`: the
/// types of columns, which the first file decides where nothing has; null: each file for itself.
std::shared_ptr<DatasetSplit> read_files(const std::vector<std::string>& paths,
                                         const std::string& format, const Json& kwargs,
                                         DecidedTypes* decided) {
  auto out = std::make_shared<DatasetSplit>();
  Sha256 hash;
  for (const std::string& name : paths) {
    const auto file = find_path(name);
    if (!file)
      throw UserError(
          "no such data file; data_files are relative to the task file's folder, or to data_dir: " +
          name);
    hash.update(file->bytes);
    refuse_empty(file->bytes, file->path);
    const Table table = table_of(name, format, kwargs);
    const bool known = table.format && table.format->table;
    std::vector<Json> rows =
        known ? table.format->table(file->bytes, table.kwargs, file->path, decided)
              : read_rows(file->bytes, format_of_name(name), {}, file->path).rows;
    std::move(rows.begin(), rows.end(), std::back_inserter(out->rows));
    out->files.push_back(file->path);
  }
  give_every_key(cells_of(out->rows));
  if (decided) decided->refuse_columns(out->rows);
  out->sha256 = hash.hex();
  return out;
}

}  // namespace

bool is_data_files_path(const std::string& path) {
  const DataFormat* format = find_data_format(path);
  return format && format->table;
}

namespace {

/// The rows with the types that README.md declares: no split decides those of another then.
std::shared_ptr<const DatasetSplit> read_declared(const SplitSource& source,
                                                  const std::vector<std::string>& files) {
  const Table table = table_of(files[0], source.format, source.kwargs);
  const bool typed = table.format && table.format->says_types;
  DecidedTypes declared(types_of(source.features), "README.md");
  auto out = read_files(files, source.format, source.kwargs, typed ? &declared : nullptr);
  cast_to_features(source.features, typed, out->rows, files[0]);
  return out;
}

}  // namespace

std::shared_ptr<const DatasetSplit> read_split(const SplitSource& source, const std::string& split,
                                               FirstSplit& kept) {
  const std::vector<std::string> files = source.files(split);
  if (files.empty()) return nullptr;
  if (!source.features.empty()) return read_declared(source, files);
  if (split == source.first) return kept.read(files, source.format, source.kwargs);
  const Table table = table_of(files[0], source.format, source.kwargs);
  const bool others = !source.first.empty() && table.format && table.format->decides;
  DecidedTypes decided;
  if (others) decided = kept.types(source.files(source.first), source.format, source.kwargs);
  return read_files(files, source.format, source.kwargs, &decided);
}

std::shared_ptr<const DatasetSplit> FirstSplit::read(const std::vector<std::string>& files,
                                                     const std::string& format,
                                                     const Json& kwargs) {
  std::string key = format + "\n" + kwargs.dump();
  for (const std::string& file : files) key += "\n" + file;
  if (split_ && key == key_) return split_;
  DecidedTypes decided;
  split_ = read_files(files, format, kwargs, &decided);
  key_ = std::move(key);
  return split_;
}

DecidedTypes FirstSplit::types(const std::vector<std::string>& files, const std::string& format,
                               const Json& kwargs) {
  if (files.empty()) return {};
  const std::string key = format + "\n" + kwargs.dump() + "\n" + files[0];
  if (key == typed_) return types_;
  const auto file = find_path(files[0]);
  if (!file)
    throw UserError("no such data file, which decides the types of columns as the first split: " +
                    files[0]);
  const Table table = table_of(files[0], format, kwargs);
  const bool decides = table.format && table.format->decides;
  types_ = decides ? table.format->decides(file->bytes, table.kwargs, file->path) : DecidedTypes();
  typed_ = key;
  return types_;
}

Json dataset_kwargs(const DatasetRequest& request) {
  if (request.kwargs_json.empty()) return Json::object();
  Json kwargs = parse_json(request.kwargs_json, "dataset_kwargs");
  check_dataset_kwargs(kwargs);
  return kwargs;
}

std::shared_ptr<const DatasetSplit> load_data_files(const DatasetRequest& request,
                                                    const std::string& split, FirstSplit& kept) {
  const Json kwargs = dataset_kwargs(request);
  if (!names_files(kwargs))
    throw UserError(
        "dataset_path " + request.path +
        " needs dataset_kwargs: {data_files: {SPLIT: FILE}}, or data_dir (split: " + split + ")");
  const auto files = [&](const std::string& name) {
    return named_files(request.task_folder, kwargs, name);
  };
  const std::string first = first_named_split(request.task_folder, kwargs);
  return read_split({files, first, request.path, kwargs, {}}, split, kept);
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
