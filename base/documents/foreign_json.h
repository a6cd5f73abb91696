// JSON that other programs wrote and their users do not edit.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/documents/json.h"

namespace flm {

/// Whose rules hold where JSON's own leave something open.
enum class JsonReader {
  /// An integer beyond 64 bits is the nearest double: transformers writes
  /// 1000000000000000019884624838656 where it means "no limit". Whoever needs a whole number still
  /// refuses it by name.
  kPython,
  /// Arrow's, which the `datasets` library has read JSON lines: as Python's, and a number beyond a
  /// double is refused.
  kArrow,
  /// pandas', for JSON that is one list: an integer beyond 64 bits is refused, of a key that stands
  /// twice the last value counts at the place of the first, half a surrogate pair is left out.
  kPandas
};

/// As parse_json, by the rules of that reader.
Json parse_foreign_json(std::string_view text, const std::string& origin,
                        JsonReader reader = JsonReader::kPython);

/// A value and the line where it begins.
struct JsonAt {
  int line = 0;
  Json value;
};

/// Values one after the other with white space or nothing between them. `lines_before`: those of
/// the file before `text`.
std::vector<JsonAt> parse_json_sequence(std::string_view text, const std::string& origin,
                                        JsonReader reader, int lines_before);

/// Reads and parses a whole file; the path is the origin.
Json read_foreign_json_file(const std::string& path);

}  // namespace flm
