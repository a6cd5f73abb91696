// Thrift's compact protocol as a tree: what Parquet's metadata is written in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// A value of any type; a field that is not there reads as 0, "" or empty.
struct ThriftValue {
  std::int64_t number = 0;  // integers and booleans
  std::string_view bytes;   // text, inside the bytes that were parsed
  std::vector<ThriftValue> items;
  std::map<int, ThriftValue> fields;

  const ThriftValue& operator[](int field) const;
  bool has(int field) const { return fields.count(field) > 0; }
};

/// Parses one struct at the head of `bytes` and takes it off. Damage is a UserError with `origin`.
ThriftValue read_thrift(std::string_view& bytes, const std::string& origin);

}  // namespace flm
