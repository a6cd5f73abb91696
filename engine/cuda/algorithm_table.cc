#include "engine/cuda/algorithm_table.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/errors.h"

namespace flm {
namespace {

std::string line_of(const AlgorithmTable::Key& key, const AlgorithmSettings& settings) {
  std::ostringstream line;
  line << std::get<0>(key) << ' ' << std::get<1>(key) << ' ' << std::get<2>(key);
  for (std::int64_t value : settings) line << ' ' << value;
  line << '\n';
  return line.str();
}

}  // namespace

AlgorithmTable::AlgorithmTable(std::string path) : path_(std::move(path)) {
  std::ifstream file(path_);
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (text.empty() || text[0] == '#') continue;
    std::istringstream line(text);
    std::int64_t n = 0, k = 0;
    std::string type, rest;
    AlgorithmSettings settings{};
    line >> n >> k >> type;
    for (std::int64_t& value : settings) line >> value;
    if (!line || line >> rest || n <= 0 || k <= 0 || (type != "bf16" && type != "fp32"))
      throw UserError(path_ + ":" + std::to_string(number) + ": not an algorithm of a product: \"" +
                      text + "\"; delete the file to have it made anew");
    entries_[{n, k, type}] = settings;
  }
}

std::optional<AlgorithmSettings> AlgorithmTable::find(const Key& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

void AlgorithmTable::add(const Key& key, const AlgorithmSettings& settings) {
  entries_[key] = settings;
  std::error_code ignored;  // the open below fails where the folder cannot be made
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  std::ofstream file(path_, std::ios::app);
  if (!(file << line_of(key, settings) << std::flush))
    throw UserError("cannot write the table of algorithms " + path_ +
                    "; make it writable or set XDG_CACHE_HOME");
}

std::string AlgorithmTable::path_for(const std::string& device, std::int64_t version) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path folder =
      cache && *cache ? cache : std::string(home ? home : "/tmp") + "/.cache";
  std::string name = device;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '-';
  return folder / "flmeval" / "cublaslt" / (name + "-" + std::to_string(version) + ".txt");
}

}  // namespace flm
