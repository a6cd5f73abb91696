#include "datasets/formats/arrow/json_places.h"

#include <nlohmann/json.hpp>

namespace flm {
namespace {

constexpr int kDeepestPlace = 32;

// Numbers of the union Type and places of a Field's members in Arrow's Schema.fbs.
enum : std::uint8_t { kListType = 12, kStructType = 13, kFixedListType = 16, kLargeListType = 21 };
enum { kFieldName = 0, kFieldType = 2, kFieldChildren = 5, kFieldMetadata = 6 };

bool is_json(const FlatTable& field) {
  for (std::uint32_t m = 0; m < field.count(kFieldMetadata); ++m) {
    const FlatTable pair = field.element(kFieldMetadata, m);
    if (pair.text(0) == "ARROW:extension:name" && pair.text(1) == "arrow.json") return true;
  }
  return false;
}

JsonPlaces places_of(const FlatTable& field, int depth) {
  JsonPlaces out;
  out.name = field.text(kFieldName);
  out.here = is_json(field);
  const auto type = field.scalar<std::uint8_t>(kFieldType, 0);
  const bool list = type == kListType || type == kFixedListType || type == kLargeListType;
  if (depth > kDeepestPlace || (!list && type != kStructType)) return out;
  for (std::uint32_t c = 0; c < field.count(kFieldChildren); ++c) {
    JsonPlaces below = places_of(field.element(kFieldChildren, c), depth + 1);
    if (list) below.name.clear();
    if (below.any()) out.inside.push_back(std::move(below));
  }
  return out;
}

}  // namespace

const JsonPlaces* JsonPlaces::column(const std::string& wanted) const {
  for (const JsonPlaces& one : inside)
    if (one.name == wanted) return &one;
  return nullptr;
}

JsonPlaces json_places(const FlatTable& schema) {
  JsonPlaces out;
  for (std::uint32_t f = 0; f < schema.count(1); ++f) {
    JsonPlaces below = places_of(schema.element(1, f), 0);
    if (below.any()) out.inside.push_back(std::move(below));
  }
  return out;
}

void read_json_texts(Json& value, const JsonPlaces& places, const std::string& origin) {
  if (places.here) {
    if (value.is_string()) value = parse_json(value.get<std::string>(), origin);
    return;
  }
  for (const JsonPlaces& below : places.inside) {
    if (value.is_array())
      for (Json& one : value) read_json_texts(one, below, origin);
    else if (value.is_object() && value.contains(below.name))
      read_json_texts(value[below.name], below, origin);
  }
}

}  // namespace flm
