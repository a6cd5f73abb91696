// An Arrow schema: the fields of a file and their types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/formats/arrow/flatbuffer.h"

namespace flm {

struct ArrowField {
  enum class Kind {
    kNull,
    kBool,
    kSigned,
    kUnsigned,
    kFloat,
    kText,
    kList,
    kFixedList,
    kStruct,
    kDate,
    kClock,
    kTimestamp,
    kUnread
  };
  std::string name;
  Kind kind = Kind::kNull;
  int bits = 0;                            // numbers
  bool wide = false;                       // kText, kList: 64-bit offsets
  bool view = false;                       // kText, kUnread: views into several buffers
  std::int32_t list_size = 0;              // kFixedList
  std::optional<std::int64_t> dictionary;  // values lie in this dictionary; `index` reads them
  std::vector<ArrowField> index;           // one signed or unsigned field
  std::vector<ArrowField> children;
  std::int64_t per_second = 1;  // kClock, kTimestamp; kDate of 64 bits: milliseconds
  bool utc = false;             // kTimestamp
  std::string unread;           // kUnread: why
  int buffers = 0;              // kUnread: besides that of nulls, and those of children and views
};

/// The fields of a Schema table. A type that is not read and whose buffers can be passed over is
/// kUnread, another one a UserError with the column's name.
std::vector<ArrowField> arrow_fields(const FlatTable& schema, const std::string& origin);

}  // namespace flm
