// The cells of a column over all rows, and of what lies inside them: lists and objects.
#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/documents/json.h"

namespace flm {

/// Json or const Json; null is left out.
template <typename Value>
using Cells = std::vector<Value*>;

template <typename Value, typename Holds>
bool every(const Cells<Value>& cells, const Holds& holds) {
  return !cells.empty() &&
         std::all_of(cells.begin(), cells.end(), [&](const Json* cell) { return holds(*cell); });
}

inline bool is_list(const Json& value) { return value.is_array(); }
inline bool is_object(const Json& value) { return value.is_object(); }
inline bool is_text(const Json& value) { return value.is_string(); }
inline bool is_number(const Json& value) { return value.is_number(); }

/// The rows themselves as the cells of one column of objects.
inline Cells<Json> cells_of(std::vector<Json>& rows) {
  Cells<Json> out;
  for (Json& row : rows) out.push_back(&row);
  return out;
}
inline Cells<const Json> cells_of(const std::vector<Json>& rows) {
  Cells<const Json> out;
  for (const Json& row : rows) out.push_back(&row);
  return out;
}

/// What lies in lists.
template <typename Value>
Cells<Value> items_of(const Cells<Value>& lists) {
  Cells<Value> out;
  for (Value* list : lists)
    for (Value& item : *list)
      if (!item.is_null()) out.push_back(&item);
  return out;
}

/// What lies in objects, by its name.
template <typename Value>
std::map<std::string, Cells<Value>> columns_of(const Cells<Value>& objects) {
  std::map<std::string, Cells<Value>> out;
  for (Value* object : objects)
    for (auto& [name, value] : object->items())
      if (!value.is_null()) out[name].push_back(&value);
  return out;
}

/// Keys in the order in which they first appear.
class KeyOrder {
 public:
  void add(const std::string& key);
  void add_keys_of(const Json& object);
  bool contains(const std::string& key) const { return places_.contains(key); }
  /// The object with these keys in their order, null where it had none, and its others behind them.
  Json arranged(Json&& object) const;
  /// Whether the object has these keys, in this order.
  bool is_of(const Json& object) const;

 private:
  std::vector<std::string> keys_;
  std::unordered_map<std::string, std::size_t> places_;  // of the keys
};

/// Each object is arranged.
void arrange(const Cells<Json>& objects, const KeyOrder& order);

/// Every object gets every key, null where it had none, in the order in which keys first appear.
void give_every_key(const Cells<Json>& objects);

}  // namespace flm
