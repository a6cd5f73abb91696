// YAML as PyYAML's SafeLoader reads it, through libyaml, with the line of every node.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flm {

/// One node of a YAML document. Scalars are resolved by YAML 1.1 rules (PyYAML: yes/no/on/off are
/// booleans, 0o-less octals, sexagesimal integers, `1e3` a string); `!function x.y` keeps its tag.
struct YamlNode {
  enum class Kind { kNull, kBool, kInt, kFloat, kString, kList, kMap, kFunction };

  Kind kind = Kind::kNull;
  int line = 0;  // 1-based
  bool boolean = false;
  long long integer = 0;
  double real = 0;
  std::string text;             // string, or the argument of !function, or the scalar as written
  std::vector<YamlNode> items;  // list
  std::vector<std::pair<YamlNode, YamlNode>>
      entries;  // map, in file order; merges (<<) are applied

  // Out of line: clang cannot make them while the pairs of `entries` are still incomplete.
  YamlNode();
  ~YamlNode();
  YamlNode(const YamlNode&);
  YamlNode(YamlNode&&) noexcept;
  YamlNode& operator=(const YamlNode&);
  YamlNode& operator=(YamlNode&&) noexcept;

  const YamlNode* find(std::string_view key) const;  // map entry with this string key, or null
  bool is_null() const { return kind == Kind::kNull; }
  bool is_string() const { return kind == Kind::kString; }
  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  /// The texts of a list's items, or the one text.
  std::vector<std::string> texts() const;
};

/// What a reader should know of a file that can be read all the same, "ORIGIN:line: ...".
using YamlNotes = std::vector<std::string>;

/// Parses one document. Syntax errors, duplicate keys and unknown tags are UserErrors "ORIGIN:line:
/// ...". With `notes` a duplicate key is noted instead, and the last value counts, as in PyYAML.
YamlNode parse_yaml(std::string_view text, const std::string& origin, YamlNotes* notes = nullptr);
YamlNode read_yaml_file(const std::string& path, YamlNotes* notes = nullptr);

}  // namespace flm
