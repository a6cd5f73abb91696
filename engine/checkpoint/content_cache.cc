#include "engine/checkpoint/content_cache.h"

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

fs::path cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache && *cache) return fs::path(cache) / "flmeval" / "weights";
  const char* home = std::getenv("HOME");
  return home && *home ? fs::path(home) / ".cache" / "flmeval" / "weights" : fs::path();
}

}  // namespace

std::optional<WeightTable::ContentCheck> cached_contents(const std::string& key) {
  const fs::path path = cache_folder() / (key + ".json");
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
  const fs::path folder = cache_folder();
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return;
  const Json json = {{"key", key}, {"hash", check.hash}, {"not_finite", check.not_finite}};
  try {
    write_file_atomically((folder / (key + ".json")).string(), compact_json(json) + "\n");
  } catch (const std::exception&) {  // a full or read-only disk only costs the next run its time
  }
}

}  // namespace flm
