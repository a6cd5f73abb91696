#include "engine/cuda/algorithm_table.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/errors.h"
#include "base/files.h"
#include "engine/cuda/algorithms/shipped.h"
#include "engine/cuda/gemm.h"

namespace flm {
namespace {

std::string file_name(const std::string& device, std::int64_t version) {
  std::string name = device;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '-';
  return name + "-" + std::to_string(version);
}

std::filesystem::path folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::filesystem::path root =
      cache && *cache ? cache : std::string(home ? home : "/tmp") + "/.cache";
  return root / "flmeval" / "cublaslt";
}

}  // namespace

std::string AlgorithmTable::line_of(const Key& key, const PinnedAlgorithm& pinned) {
  std::ostringstream line;
  line << std::get<0>(key) << ' ' << std::get<1>(key) << ' ' << std::get<2>(key) << ' '
       << pinned.rows;
  for (std::uint64_t word : pinned.settings) line << ' ' << word;
  line << '\n';
  return line.str();
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
    if (row.empty() || row[0] == '#') continue;
    std::istringstream line(row);
    std::int64_t n = 0, k = 0;
    std::string type, rest;
    PinnedAlgorithm pinned;
    line >> n >> k >> type >> pinned.rows;
    for (std::uint64_t& word : pinned.settings) line >> word;
    if (!line || line >> rest || n <= 0 || k <= 0 ||
        (pinned.rows != 0 && pinned.rows != kPaddedRows) || (type != "bf16" && type != "fp32"))
      throw UserError(name + ":" + std::to_string(number) + ": not an algorithm of a product: \"" +
                      row + "\"; delete the file to have it made anew");
    entries_[{n, k, type}] = pinned;
  }
}

void AlgorithmTable::merge(const std::string& path, const std::string& lines) {
  const AlgorithmTable all(path, lines);
  std::string text;
  for (const auto& [key, pinned] : all.entries_) text += line_of(key, pinned);
  std::error_code ignored;  // writing fails where the folder cannot be made
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  write_file_atomically(path, text);
}

std::optional<PinnedAlgorithm> AlgorithmTable::find(const Key& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

void AlgorithmTable::add(const Key& key, const PinnedAlgorithm& pinned) {
  entries_[key] = pinned;
  std::error_code ignored;  // the open below fails where the folder cannot be made
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  std::ofstream file(path_, std::ios::app);
  if (!(file << line_of(key, pinned) << std::flush))
    throw UserError("cannot write the table of algorithms " + path_ +
                    "; make it writable or set XDG_CACHE_HOME");
}

std::string AlgorithmTable::path_for(const std::string& device, std::int64_t version) {
  return folder() / (file_name(device, version) + ".txt");
}

std::string AlgorithmTable::tuned_path_for(const std::string& device, std::int64_t version) {
  return folder() / (file_name(device, version) + "-tuned.txt");
}

std::string AlgorithmTable::tuned_text(const std::string& device, std::int64_t version) {
  if (std::ifstream file(tuned_path_for(device, version)); file) {
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  for (const auto& [name, text] : kShippedAlgorithms)
    if (name == file_name(device, version)) return std::string(text);
  return "";
}

}  // namespace flm
