// The JSON header of a safetensors file, read through SAX: duplicates are seen, nothing nests
// deeper than it may.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

struct SafetensorsEntry {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> offsets;  // [begin, end) in the data section
};

/// UserErrors name `path`. Shapes and offsets are not negative; nothing else about them is checked.
std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view header,
                                                       const std::string& path);

/// Whether a file begins so, whatever its name: the header's length, then a JSON object.
bool begins_as_safetensors(std::string_view file);

}  // namespace flm
