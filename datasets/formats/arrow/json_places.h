// Arrow's extension type arrow.json, in which Hugging Face's `datasets` library keeps columns of
// several types and objects with different keys (its feature Json): texts that stand for what they
// say.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"
#include "datasets/formats/arrow/flatbuffer.h"

namespace flm {

/// Where such texts stand below a value.
struct JsonPlaces {
  std::string name;                // of the field; "" inside a list
  bool here = false;               // the value itself is one
  std::vector<JsonPlaces> inside;  // of a struct's fields, or a list's items

  bool any() const { return here || !inside.empty(); }
  /// Of a column of the rows; null where none lies in it.
  const JsonPlaces* column(const std::string& wanted) const;
};

/// Of the rows under a Schema table.
JsonPlaces json_places(const FlatTable& schema);

/// Puts what the texts say in their place. UserError that names `origin` where one is no JSON.
void read_json_texts(Json& value, const JsonPlaces& places, const std::string& origin);

}  // namespace flm
