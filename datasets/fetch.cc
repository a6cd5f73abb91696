#include "datasets/fetch.h"

#include <filesystem>

#include "base/errors.h"
#include "base/files.h"
#include "base/sha256.h"
#include "datasets/downloader.h"
#include "datasets/locate.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// One file to fetch: its address, where it goes, what its bytes must be.
struct Wanted {
  std::string url;
  fs::path path;
  std::string sha256;
  bool unpacked;  // the checksum is that of the bytes inside the .gz
};

std::vector<Wanted> wanted_files(const DatasetManifest& set, const fs::path& folder) {
  const std::string mark = "{file}", &url = set.fetch.url;
  const std::size_t at = url.find(mark);
  if (at == std::string::npos)
    return {{url, folder / set.layouts[0].archive, set.fetch.sha256, false}};
  const bool zipped = url.ends_with(".gz");
  std::vector<Wanted> files;
  for (const auto& [name, hex] : set.sha256) {
    std::string address = url;
    address.replace(at, mark.size(), name);
    files.push_back({address, folder / (zipped ? name + ".gz" : name), hex, zipped});
  }
  return files;
}

std::string checksum(const Wanted& file) {
  const std::string bytes = read_file(file.path.string());
  return sha256_hex(file.unpacked ? gunzip(bytes, file.path.string()) : bytes);
}

void fetch_one(Downloader& downloader, const Wanted& file) {
  fs::create_directories(file.path.parent_path());
  downloader.get(file.url, file.path.string());
  std::string found;
  try {
    found = checksum(file);
  } catch (const UserError&) {
    found = "that of a damaged file";
  }
  if (found == file.sha256) return;
  fs::remove(file.path);
  throw UserError("the file at " + file.url + " is not the known one and was removed (sha256 " +
                  found + "); the source may have changed; wanted sha256: " + file.sha256);
}

}  // namespace

int fetch_dataset(const DatasetManifest& set, const std::string& root, Progress& progress) {
  const fs::path folder = fs::path(root) / set.folder();
  std::vector<Wanted> files = wanted_files(set, folder);
  std::erase_if(files, [](const Wanted& file) {
    return fs::is_regular_file(file.path) && checksum(file) == file.sha256;
  });
  if (files.empty()) return 0;
  Downloader downloader(progress);
  std::int64_t done = 0;
  for (const Wanted& file : files) {
    progress.update(set.name + " files", done++, static_cast<std::int64_t>(files.size()));
    fetch_one(downloader, file);
  }
  progress.update(set.name + " files", done, done);
  return static_cast<int>(done);
}

int fetch_dataset(const std::string& name, const std::string& root, Progress& progress) {
  std::string known;
  for (const DatasetManifest& set : read_manifests(datasets_folder() + "/manifests")) {
    known += (known.empty() ? "" : ", ") + set.name;
    if (set.name != name) continue;
    if (set.fetch.url.empty())
      throw UserError(name + " must be fetched by hand from " + set.source + "; " +
                      how_to_get(set));
    if (root.empty())
      throw UserError("data fetch wants the folder to put it: give --data DIR or FLMEVAL_DATA");
    fs::create_directories(root);
    return fetch_dataset(set, root, progress);
  }
  throw UserError("no such data set; known: " + known + "; asked: " + name);
}

}  // namespace flm
