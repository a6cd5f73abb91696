#include "datasets/fetch/unpack.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "base/errors.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// A folder for what is unpacked so far, removed whatever happens.
struct Staging {
  fs::path folder;
  explicit Staging(fs::path path) : folder(std::move(path)) {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  ~Staging() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

[[noreturn]] void cannot_write(const fs::filesystem_error& error) {
  throw UserError("cannot write (" + error.code().message() +
                  "); free the place or give another --data DIR: " + error.path1().string());
}

void write_member(ArchiveMembers& members, const fs::path& target) {
  fs::create_directories(target.parent_path());
  std::ofstream out(target, std::ios::binary);
  members.read([&](std::string_view block) {
    out.write(block.data(), static_cast<std::streamsize>(block.size()));
  });
  out.close();
  if (!out) throw UserError("cannot write (is the disk full?): " + target.string());
}

std::set<std::string> unpack_all(const std::string& archive, const std::string& folder,
                                 const PlaceMember& place, const ArchiveLimits& limits) {
  const Staging staging(fs::path(folder) / ".unpacking");
  ArchiveMembers members(archive, limits);
  std::set<std::string> done;
  while (members.next()) {
    const std::string target = place(members.name());
    if (target.empty()) continue;
    if (!members.is_file())
      members.refuse("the member is a link or a device, not a file: " + members.name());
    if (!done.insert(target).second) members.refuse("the member comes twice: " + members.name());
    write_member(members, staging.folder / target);
  }
  for (const std::string& file : done) {
    fs::create_directories((fs::path(folder) / file).parent_path());
    fs::rename(staging.folder / file, fs::path(folder) / file);
  }
  return done;
}

}  // namespace

std::vector<std::string> unpack_archive(const std::string& archive, const std::string& folder,
                                        const PlaceMember& place, const ArchiveLimits& limits) {
  try {
    const std::set<std::string> done = unpack_all(archive, folder, place, limits);
    return {done.begin(), done.end()};
  } catch (const fs::filesystem_error& error) {
    cannot_write(error);
  }
}

}  // namespace flm
