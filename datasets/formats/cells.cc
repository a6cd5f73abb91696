#include "datasets/formats/cells.h"

namespace flm {

void KeyOrder::add(const std::string& key) {
  if (places_.emplace(key, keys_.size()).second) keys_.push_back(key);
}

void KeyOrder::add_keys_of(const Json& object) {
  for (const auto& [key, value] : object.items()) add(key);
}

bool KeyOrder::is_of(const Json& object) const {
  return object.size() == keys_.size() &&
         std::equal(keys_.begin(), keys_.end(), object.items().begin(),
                    [](const std::string& key, const auto& item) { return key == item.key(); });
}

Json KeyOrder::arranged(Json&& object) const {
  Json out = Json::object();
  // Appended to the list beneath: an ordered object looks through all its keys for each.
  auto& entries = out.get_ref<Json::object_t&>();
  entries.reserve(keys_.size());
  for (const std::string& key : keys_) entries.emplace_back(key, Json());
  if (object.is_null()) object = Json::object();  // a row that is null has every key, too
  for (auto& [key, value] : object.get_ref<Json::object_t&>()) {
    const auto known = places_.find(key);
    if (known == places_.end())
      entries.emplace_back(key, std::move(value));
    else
      entries.data()[known->second].second = std::move(value);
  }
  return out;
}

void arrange(const Cells<Json>& objects, const KeyOrder& order) {
  for (Json* object : objects)
    if (!order.is_of(*object)) *object = order.arranged(std::move(*object));
}

void give_every_key(const Cells<Json>& objects) {
  KeyOrder order;
  for (const Json* object : objects) order.add_keys_of(*object);
  arrange(objects, order);
}

}  // namespace flm
