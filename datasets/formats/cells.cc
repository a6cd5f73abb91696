#include "datasets/formats/cells.h"

namespace flm {

void give_every_key(const Cells<Json>& objects) {
  std::vector<std::string> keys;
  for (const Json* object : objects)
    for (const auto& [key, value] : object->items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  for (Json* object : objects) {
    if (object->size() == keys.size() &&
        std::equal(keys.begin(), keys.end(), object->items().begin(),
                   [](const std::string& key, const auto& item) { return key == item.key(); }))
      continue;
    Json whole = Json::object();
    for (const std::string& key : keys)
      whole[key] = object->contains(key) ? std::move((*object)[key]) : Json(nullptr);
    *object = std::move(whole);
  }
}

}  // namespace flm
