#include "engine/checkpoint/content_cache.h"

#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/cache_folder.h"
#include "base/files.h"
#include "base/json.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

fs::path path_of(const std::string& key) {
  const fs::path cache = cache_folder();
  return cache.empty() ? cache : cache / "weights" / (key + ".json");
}

}  // namespace

std::optional<WeightTable::ContentCheck> cached_contents(const std::string& key) {
  const fs::path path = path_of(key);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  try {
    const Json json = read_json_file(path.string());
    WeightTable::ContentCheck check;
    check.hash = json.at("hash").get<std::string>();
    check.not_finite = json.at("not_finite").get<std::vector<std::string>>();
    check.from_cache = true;
    if (json.at("key") == key && check.hash.size() == 64) return check;
  } catch (const std::exception&) {  // a damaged entry is computed again
  }
  return {};
}

void cache_contents(const std::string& key, const WeightTable::ContentCheck& check) {
  const fs::path path = path_of(key);
  if (path.empty()) return;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return;
  const Json json = {{"key", key}, {"hash", check.hash}, {"not_finite", check.not_finite}};
  try {
    write_file_atomically(path.string(), compact_json(json) + "\n");
  } catch (const std::exception&) {  // a full or read-only disk only costs the next run its time
  }
}

}  // namespace flm
