#include "engine/checkpoint/contents/content_cache.h"

#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/system/cache_folder.h"
#include "base/system/files.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

fs::path path_of(const std::string& place) {
  const fs::path cache = cache_folder();
  return cache.empty() ? cache : cache / "weights" / (place + ".json");
}

Json tensors_json(const std::map<std::string, TensorContent>& tensors) {
  Json json = Json::array();
  for (const auto& [name, tensor] : tensors)
    json.push_back({name, tensor.description, tensor.bytes, tensor.chunks});
  return json;
}

std::map<std::string, TensorContent> tensors_of(const Json& json) {
  std::map<std::string, TensorContent> out;
  for (const Json& tensor : json)
    out[tensor.at(0)] = {tensor.at(1), tensor.at(2), tensor.at(3).get<std::vector<std::string>>()};
  return out;
}

}  // namespace

std::optional<LastCheck> last_check(const std::string& place) {
  const fs::path path = path_of(place);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return {};
  try {
    const Json json = read_json_file(path.string());
    LastCheck last;
    last.identity = json.at("identity").get<std::string>();
    last.check.hash = json.at("hash").get<std::string>();
    last.check.not_finite = json.at("not_finite").get<std::vector<std::string>>();
    last.check.tensors = tensors_of(json.at("tensors"));
    if (last.check.hash.size() == 64) return last;
  } catch (const std::exception&) {  // a damaged entry is computed again
  }
  return {};
}

void remember_check(const std::string& place, const LastCheck& last) {
  const fs::path path = path_of(place);
  if (path.empty()) return;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return;
  const Json json = {{"identity", last.identity},
                     {"hash", last.check.hash},
                     {"not_finite", last.check.not_finite},
                     {"tensors", tensors_json(last.check.tensors)}};
  try {
    write_file_atomically(path.string(), compact_json(json) + "\n");
  } catch (const std::exception&) {  // a full or read-only disk only costs the next run its time
  }
}

}  // namespace flm
