// A text that was altered, with the way back to the original bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flm {

/// A normalized text. `origin` is empty where nothing changed; else origin[i] is the offset in the
/// original of byte i (size + 1 entries): inside a changed stretch every offset maps to its start,
/// so the last token that touches the stretch owns all of it. Offsets never run backwards.
struct Normalized {
  std::string text;
  std::vector<std::size_t> origin;
  /// It begins where the original begins, as the tokenizers library counts: not where characters
  /// were taken off, nor with what was put in place of several.
  bool at_start = true;

  std::size_t back(std::size_t offset) const { return origin.empty() ? offset : origin[offset]; }
};

/// Writes a Normalized piece by piece, from left to right.
class Rewriter {
 public:
  explicit Rewriter(const Normalized& before) : before_(before) {
    out_.text.reserve(before.text.size());
    out_.origin.reserve(before.text.size() + 1);
  }

  /// Bytes [begin, end) of the text before, unaltered.
  void keep(std::size_t begin, std::size_t end) {
    if (begin < end) begin_with(begin);
    for (std::size_t i = begin; i < end; ++i) out_.origin.push_back(before_.back(i));
    out_.text.append(before_.text, begin, end - begin);
  }
  /// `text` in place of what begins at `begin`.
  void put(std::string_view text, std::size_t begin) {
    if (!text.empty()) begin_with(begin);
    out_.origin.insert(out_.origin.end(), text.size(), before_.back(begin));
    out_.text += text;
  }
  /// What was written begins where the text before does, or behind it, whatever was taken off.
  void set_start(bool at_start) { out_.at_start = before_.at_start && at_start; }
  Normalized finish() {
    out_.origin.push_back(before_.back(before_.text.size()));
    return std::move(out_);
  }

 private:
  void begin_with(std::size_t at) {
    if (out_.text.empty()) set_start(before_.back(at) == before_.back(0));
  }

  const Normalized& before_;
  Normalized out_;
};

}  // namespace flm
