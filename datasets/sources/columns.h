// Columns of a data set's shape out of the columns of a file.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"
#include "base/documents/yaml.h"
#include "datasets/formats/rows.h"

namespace flm {

/// One column of the rows and how it comes out of the file's row. A source is a path: a.b is the
/// key b of the map a, and of every map of a list a.
struct ManifestColumn {
  enum class Kind {
    kCopy,       // SOURCE
    kText,       // text: as text; optional: "" where the file lacks it
    kInteger,    // integer: a whole number written as text
    kLetter,     // letter: A is 0
    kList,       // list: [SOURCE...]
    kJoin,       // join: [SOURCE...], one blank between
    kSplit,      // split: SOURCE, a text of items that ; divides, blanks and empty ones dropped
    kKeys,       // keys: SOURCE, the keys of a map
    kValues,     // values: SOURCE, the values of a map
    kStruct,     // struct: {COLUMN: ...}
    kSentences,  // sentences: SOURCE, a text without the sentence that it leaves open
    kOpenEnd,    // open_end: SOURCE, that sentence
    kConfig,     // config: the configuration's name
    kRow,        // row: its number in the file
    kConstant,   // constant: VALUE
  };
  std::string name;
  Kind kind = Kind::kCopy;
  std::vector<std::string> from;
  bool optional = false;
  std::string constant;                // kConstant
  std::vector<ManifestColumn> fields;  // kStruct
};

/// The entries of `columns:`; an unknown kind is a UserError FILE:line.
std::vector<ManifestColumn> read_columns(const YamlNode& map, const std::string& file);

/// The rows of the data set's shape out of a file's rows.
std::vector<Json> shape_rows(const std::vector<ManifestColumn>& columns,
                             const std::string& configuration, SourceRows rows,
                             const std::string& origin);

}  // namespace flm
