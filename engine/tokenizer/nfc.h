// Unicode normalization form C with the way back to the original bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// A normalized text. `origin` is empty where nothing changed; else origin[i] is the offset in the
/// original of byte i (size + 1 entries): inside a changed stretch every offset maps to its start,
/// so the last token that touches the stretch owns all of it.
struct Normalized {
  std::string text;
  std::vector<std::size_t> origin;

  std::size_t back(std::size_t offset) const { return origin.empty() ? offset : origin[offset]; }
};

Normalized normalize_nfc(std::string_view text);

}  // namespace flm
