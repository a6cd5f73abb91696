#include "base/system/git_commit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <fstream>
#include <system_error>

#include "base/system/first_line.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// SHA-1 or SHA-256.
bool is_hash(const std::string& text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string behind(const std::string& mark, const std::string& line) {
  return line.starts_with(mark) ? line.substr(mark.size()) : "";
}

/// Its .git: a folder, or a file "gitdir: PATH"; "" where there is none.
fs::path git_folder_in(const fs::path& folder) {
  const fs::path git = folder / ".git";
  std::error_code error;
  if (fs::is_directory(git, error)) return git;
  if (!fs::is_regular_file(git, error)) return {};
  const std::string named = behind("gitdir: ", first_line(git));
  return named.empty() ? fs::path() : folder / named;
}

/// Where branches and objects of a worktree lie, which has a HEAD of its own.
fs::path common_folder_of(const fs::path& git) {
  const std::string named = first_line(git / "commondir");
  return named.empty() ? git : git / named;
}

/// "HASH NAME" lines.
std::string packed_ref(const fs::path& common, const std::string& name) {
  std::ifstream in(common / "packed-refs");
  for (std::string line; std::getline(in, line);) {
    const std::size_t blank = line.find(' ');
    if (blank != std::string::npos && line.substr(blank + 1) == name) return line.substr(0, blank);
  }
  return "";
}

/// Of HEAD or a branch; symbolic names may name each other a few times.
std::string hash_of_ref(const fs::path& git, const std::string& name, int depth = 0) {
  constexpr int kDeepest = 5;
  const fs::path common = common_folder_of(git);
  for (const fs::path& place : {git, common}) {
    const std::string line = first_line(place / name);
    if (is_hash(line)) return line;
    const std::string target = behind("ref: ", line);
    if (!target.empty() && depth < kDeepest) return hash_of_ref(git, target, depth + 1);
  }
  const std::string packed = packed_ref(common, name);
  return is_hash(packed) ? packed : "";
}

std::string commit_of(const fs::path& git) { return git.empty() ? "" : hash_of_ref(git, "HEAD"); }

/// Objects of a pack: the last entry of the table that opens its index (version 2).
std::uint64_t objects_of(const fs::path& index) {
  constexpr std::streamoff kLast = 8 + 255 * 4;
  std::ifstream in(index, std::ios::binary);
  std::array<unsigned char, 4> bytes{};
  in.seekg(kLast);
  if (!in.read(reinterpret_cast<char*>(bytes.data()), bytes.size())) return 0;
  std::uint64_t count = 0;
  for (const unsigned char byte : bytes) count = count << 8 | byte;
  return count;
}

/// How many characters git shows by itself: half the bits of the number of packed objects, and 7 at
/// least (git, object-name.c).
std::size_t shown_characters(const fs::path& git) {
  constexpr std::size_t kFewest = 7;
  std::uint64_t objects = 0;
  std::error_code error;
  for (const auto& entry :
       fs::directory_iterator(common_folder_of(git) / "objects" / "pack", error))
    if (entry.path().extension() == ".idx") objects += objects_of(entry.path());
  const auto bits = static_cast<std::size_t>(std::bit_width(objects));
  return std::max(kFewest, (bits + 1) / 2);
}

}  // namespace

std::string git_commit_in(const fs::path& folder) { return commit_of(git_folder_in(folder)); }

std::string short_git_commit_around(const fs::path& folder) {
  for (fs::path place = folder;; place = place.parent_path()) {
    const fs::path git = git_folder_in(place);
    if (!git.empty()) return commit_of(git).substr(0, shown_characters(git));
    if (place == place.parent_path()) return "";
  }
}

}  // namespace flm
