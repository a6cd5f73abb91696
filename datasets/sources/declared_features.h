// The types that README.md declares for the columns of a data set (`features:`).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "base/documents/yaml.h"
#include "datasets/formats/column_type.h"

namespace flm {

struct DeclaredFeature {
  ColumnType type;                  // kUnread: a label, or a kind that is not followed
  std::string written;              // as README.md writes it
  std::vector<std::string> labels;  // class_label's names
};

/// The entries of `features:`. Followed are texts, whole numbers, fractions, truth values, labels,
/// lists and objects of all but labels, and json, which changes nothing but texts alone.
std::vector<DeclaredFeature> read_features(const YamlNode& list);

std::vector<ColumnType> types_of(const std::vector<DeclaredFeature>& features);

/// The rows of files that say no types of their own, cast as Arrow casts them; the name of a label
/// becomes its number. `typed`: the rows have the types of types_of already. UserError for a cell
/// that is not of the declared kind in the end; where the file says no types, the cells of a kind
/// that is not followed become unread values.
void cast_to_features(const std::vector<DeclaredFeature>& features, bool typed,
                      std::vector<Json>& rows, const std::string& origin);

}  // namespace flm
