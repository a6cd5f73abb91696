#include "datasets/fetch/official_archive.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/files.h"
#include "datasets/fetch/unpack.h"
#include "datasets/sources/path_patterns.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// The files of the first layout; the configuration's name may be any.
std::vector<std::string> wanted_patterns(const DatasetManifest& set) {
  std::vector<std::string> patterns;
  for (const auto& [split, rule] : set.layouts[0].splits)
    for (std::string file : rule.files) {
      for (std::size_t at; (at = file.find("{name}")) != std::string::npos;)
        file.replace(at, 6, "*");
      patterns.push_back(std::move(file));
    }
  return patterns;
}

}  // namespace

std::string file_sha256(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  Sha256 hash;
  std::vector<char> block(std::size_t{1} << 20);
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.update(block.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (!in.eof()) throw UserError("cannot read the file; look at its permissions: " + path);
  return hash.hex();
}

int unpack_official(const DatasetManifest& set, const std::string& archive,
                    const std::string& folder) {
  const std::vector<std::string> patterns = wanted_patterns(set);
  const std::string inside = set.fetch.unpack == "." ? "" : set.fetch.unpack + "/";
  const auto place = [&](const std::string& member) -> std::string {
    if (!member.starts_with(inside)) return "";
    const std::string file = member.substr(inside.size());
    const bool wanted = std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
      return matches_pattern(pattern, file);
    });
    return wanted ? file : "";
  };
  std::string record;
  const std::vector<std::string> files = unpack_archive(archive, folder, place);
  for (const std::string& file : files)
    record += file_sha256((fs::path(folder) / file).string()) + "  " + file + "\n";
  if (files.empty())
    throw UserError("the archive holds none of the files of " + set.name + " in its folder " +
                    set.fetch.unpack + "; fetch it again: " + archive);
  write_file_atomically((fs::path(folder) / record_name(set)).string(), record);
  return static_cast<int>(files.size());
}

std::string record_name(const DatasetManifest& set) {
  return "unpacked-" + set.fetch.sha256.substr(0, 16) + ".sha256";
}

std::map<std::string, std::string> unpacked_record(const DatasetManifest& set,
                                                   const std::string& folder) {
  if (set.fetch.unpack.empty()) return {};
  return read_checksums((fs::path(folder) / record_name(set)).string());
}

}  // namespace flm
