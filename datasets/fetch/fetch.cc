#include "datasets/fetch/fetch.h"

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/files.h"
#include "base/text/joined.h"
#include "datasets/fetch/downloader.h"
#include "datasets/fetch/official_archive.h"
#include "datasets/sources/locate.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// One file to fetch: its addresses, where it goes, what its bytes must be.
struct Wanted {
  std::vector<std::string> urls;
  fs::path path;
  std::string sha256;
  bool unpacked;  // the checksum is that of the bytes inside the .gz
};

const std::string kMark = "{file}";

bool is_one_archive(const DatasetManifest& set) {
  return set.fetch.urls[0].find(kMark) == std::string::npos;
}

/// The archive itself: kept under the layout's name where it is read as it is, else under its own.
Wanted wanted_archive(const DatasetManifest& set, const fs::path& folder) {
  const std::string& url = set.fetch.urls[0];
  const std::string own = url.substr(url.rfind('/') + 1);
  const bool kept = set.fetch.unpack.empty();
  return {set.fetch.urls, folder / (kept ? set.layouts[0].archive : own), set.fetch.sha256, false};
}

std::vector<Wanted> wanted_files(const DatasetManifest& set, const fs::path& folder) {
  const bool zipped = set.fetch.urls[0].ends_with(".gz");
  std::vector<Wanted> files;
  for (const auto& [name, hex] : set.sha256) {
    std::vector<std::string> addresses = set.fetch.urls;
    for (std::string& address : addresses) address.replace(address.find(kMark), kMark.size(), name);
    files.push_back({addresses, folder / (zipped ? name + ".gz" : name), hex, zipped});
  }
  return files;
}

std::string checksum(const Wanted& file) {
  const std::string path = file.path.string();
  return file.unpacked ? sha256_hex(gunzip(read_file(path), path)) : file_sha256(path);
}

bool is_there(const Wanted& file) {
  return fs::is_regular_file(file.path) && checksum(file) == file.sha256;
}

void check_fetched(const Wanted& file, const std::string& url) {
  std::string found;
  try {
    found = checksum(file);
  } catch (const UserError&) {
    found = "that of a damaged file";
  }
  if (found == file.sha256) return;
  fs::remove(file.path);
  throw UserError("the file at " + url + " is not the known one and was removed (sha256 " + found +
                  "); the source may have changed: put the file with this sha256 there by hand: " +
                  file.path.string() + ": " + file.sha256);
}

/// The addresses in turn: the checksum makes them equal. The last one's error is the user's.
void fetch_one(Downloader& downloader, const Wanted& file, Progress& progress) {
  fs::create_directories(file.path.parent_path());
  for (std::size_t i = 0;; ++i) {
    try {
      downloader.get(file.urls[i], file.path.string());
      return check_fetched(file, file.urls[i]);
    } catch (const UserError& error) {
      if (i + 1 == file.urls.size()) throw;
      progress.note(std::string(error.what()) + " (the next address is tried)");
    }
  }
}

int fetch_all(const std::string& name, const std::vector<Wanted>& files, Progress& progress) {
  Downloader downloader(progress);
  std::int64_t done = 0;
  for (const Wanted& file : files) {
    progress.update(name + " files", done++, static_cast<std::int64_t>(files.size()));
    fetch_one(downloader, file, progress);
  }
  progress.update(name + " files", done, done);
  return static_cast<int>(done);
}

bool is_unpacked(const DatasetManifest& set, const fs::path& folder) {
  const auto record = unpacked_record(set, folder.string());
  return !record.empty() && std::all_of(record.begin(), record.end(), [&](const auto& file) {
    return is_there({{}, folder / file.first, file.second, false});
  });
}

/// An archive that lay there before stays; one that was fetched goes when its files are out.
int fetch_and_unpack(const DatasetManifest& set, const fs::path& folder, Progress& progress) {
  if (is_unpacked(set, folder)) return 0;
  const Wanted archive = wanted_archive(set, folder);
  const bool there = is_there(archive);
  if (!there) fetch_all(set.name, {archive}, progress);
  const int count = unpack_official(set, archive.path.string(), folder.string());
  if (!there) fs::remove(archive.path);
  return count;
}

}  // namespace

int fetch_dataset(const DatasetManifest& set, const std::string& root, Progress& progress) {
  const fs::path folder = fs::path(root) / set.folder();
  if (!set.fetch.unpack.empty()) return fetch_and_unpack(set, folder, progress);
  std::vector<Wanted> files =
      is_one_archive(set) ? std::vector{wanted_archive(set, folder)} : wanted_files(set, folder);
  std::erase_if(files, is_there);
  return files.empty() ? 0 : fetch_all(set.name, files, progress);
}

int fetch_dataset(const std::string& name, const std::string& root, Progress& progress) {
  const std::vector<DatasetManifest> known = read_manifests(datasets_folder() + "/manifests");
  for (const DatasetManifest& set : known) {
    if (set.name != name) continue;
    if (set.fetch.urls.empty())
      throw UserError(name + " cannot be fetched (" + set.source + "); " + how_to_get(set, root));
    if (root.empty())
      throw UserError("data fetch wants the folder to put it: give --data DIR or FLMEVAL_DATA");
    try {
      fs::create_directories(root);
      return fetch_dataset(set, root, progress);
    } catch (const fs::filesystem_error& error) {
      throw UserError("cannot write (" + error.code().message() +
                      "); give another --data DIR: " + error.path1().string());
    }
  }
  throw UserError("no such data set; known: " + joined(known, ", ", &DatasetManifest::name) +
                  "; asked: " + name);
}

}  // namespace flm
