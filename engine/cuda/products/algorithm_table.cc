#include "engine/cuda/products/algorithm_table.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/system/cache_folder.h"
#include "base/system/files.h"
#include "base/system/places.h"
#include "base/system/read_from.h"
#include "base/text/printable.h"
#include "engine/cuda/products/algorithms/shipped.h"

namespace flm {
namespace {

/// Moves with every change of search_algorithm() by which it may pick another algorithm.
constexpr char kSearchRule[] = "search2";

// What an algorithm is for. Tables of the first rule have 0 for any number of rows.
constexpr char kAnyNumber[] = "any", kAnyNumberBefore[] = "0", kMultiples[] = "multiples-of-128",
               kFew[] = "up-to-64";
static_assert(kPaddedRows == 128 && kMostFewRows == 64);

std::string line_of(const AlgorithmTable::Key& key, const char* use,
                    const AlgorithmSettings& settings) {
  std::ostringstream line;
  line << std::get<0>(key) << ' ' << std::get<1>(key) << ' ' << std::get<2>(key) << ' ' << use;
  for (std::uint64_t word : settings) line << ' ' << word;
  line << '\n';
  return line.str();
}

std::string file_name(const std::string& device, std::int64_t version) {
  std::string name = device;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '-';
  return name + "-" + std::to_string(version);
}

std::filesystem::path folder() {
  const std::filesystem::path cache = cache_folder();
  return (cache.empty() ? "/tmp/.cache/flmeval" : cache) / "cublaslt";
}

std::string text_of(const std::string& path) { return is_there(path) ? read_file(path) : ""; }

/// One writer at a time, of all ranks and processes; readers see the file before or after it.
class TableLock {
 public:
  explicit TableLock(const std::string& path) {
    const std::string name = path + ".lock";
    file_ = ::open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    if (file_ >= 0 && ::flock(file_, LOCK_EX) == 0) return;
    const std::string why = std::strerror(errno);
    if (file_ >= 0) ::close(file_);
    throw UserError("cannot write the table of algorithms: " + name + ": " + why +
                    "; make it writable or set XDG_CACHE_HOME");
  }
  ~TableLock() { ::close(file_); }
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace

std::string AlgorithmTable::lines_of(const Key& key, const PinnedAlgorithm& pinned) {
  return line_of(key, pinned.multiples ? kMultiples : kAnyNumber, pinned.settings) +
         (pinned.few ? line_of(key, kFew, *pinned.few) : "");
}

std::string AlgorithmTable::identity(const std::string& tuned) {
  return kSearchRule + (tuned.empty() ? "" : "-tuned-" + sha256_hex(tuned).substr(0, 12));
}

AlgorithmTable::AlgorithmTable(std::string path, const std::string& tuned)
    : path_(std::move(path)) {
  std::ifstream file(path_);
  read(file, path_);
  std::istringstream text(tuned);
  read(text, "the tuned table");  // later, over what was found by search
}

void AlgorithmTable::read(std::istream& text, const std::string& name) {
  std::string row;
  for (int number = 1; std::getline(text, row); ++number) {
    if (row.empty() || row[0] == '#' || take(row)) continue;
    throw UserError(name + ":" + std::to_string(number) + ": not an algorithm of a product: \"" +
                    printable(row) + "\"; delete the file to have it made anew");
  }
  require_whole(text, name);
}

/// An algorithm for few rows stands behind the one whose bits it has, and goes with it.
bool AlgorithmTable::take(const std::string& row) {
  std::istringstream line(row);
  std::int64_t n = 0, k = 0;
  std::string type, use, rest;
  AlgorithmSettings settings{};
  line >> n >> k >> type >> use;
  for (std::uint64_t& word : settings) line >> word;
  if (!line || line >> rest || n <= 0 || k <= 0 || (type != "bf16" && type != "fp32")) return false;
  const Key key{n, k, type};
  if (use == kFew) {
    const auto pinned = entries_.find(key);
    if (pinned == entries_.end()) return false;
    pinned->second.few = settings;
    return true;
  }
  if (use != kAnyNumber && use != kAnyNumberBefore && use != kMultiples) return false;
  entries_[key] = {settings, use == kMultiples, {}};
  return true;
}

void AlgorithmTable::merge(const std::string& path, const std::string& lines) {
  std::error_code ignored;  // the lock fails where the folder cannot be made
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const TableLock lock(path);
  const AlgorithmTable all(path, lines);
  std::string text;
  for (const auto& [key, pinned] : all.entries_) text += lines_of(key, pinned);
  write_file_atomically(path, text);
}

const PinnedAlgorithm* AlgorithmTable::find(const Key& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void AlgorithmTable::add(const Key& key, const PinnedAlgorithm& pinned,
                         const std::vector<std::string>& notes) {
  std::error_code ignored;  // the lock below fails where the folder cannot be made
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  const TableLock lock(path_);
  const AlgorithmTable there(path_);
  if (const PinnedAlgorithm* first = there.find(key)) {
    entries_[key] = *first;
    return;
  }
  entries_[key] = pinned;
  std::string lines = lines_of(key, pinned);
  for (const std::string& note : notes) lines += "#   " + note + "\n";
  write_file_atomically(path_, text_of(path_) + lines);
}

std::string AlgorithmTable::path_for(const std::string& device, std::int64_t version) {
  return folder() / (file_name(device, version) + "-" + kSearchRule + ".txt");
}

std::string AlgorithmTable::tuned_path_for(const std::string& device, std::int64_t version) {
  return folder() / (file_name(device, version) + "-tuned.txt");
}

std::string AlgorithmTable::tuned_text(const std::string& device, std::int64_t version) {
  if (const std::string path = tuned_path_for(device, version); std::filesystem::exists(path))
    return text_of(path);
  for (const auto& [name, text] : kShippedAlgorithms)
    if (name == file_name(device, version)) return std::string(text);
  return "";
}

}  // namespace flm
