// A vocabulary and the rule by which a word becomes its entries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// One token of a word and the bytes it stands for. A byte without a token lies between two pieces,
/// or inside one where its neighbours merged over it.
struct WordPiece {
  std::int32_t id = 0;
  std::uint32_t begin = 0, end = 0;
};

class PieceModel {
 public:
  virtual ~PieceModel() = default;
  virtual void encode(std::string_view word, std::vector<WordPiece>& out) const = 0;
  /// One more than the largest id.
  virtual std::int32_t size() const = 0;
  /// How many there are: less than size() where the numbering has holes.
  virtual std::int32_t entries() const = 0;
  virtual bool has(std::int32_t id) const = 0;
  /// As tokenizer.json writes it.
  virtual const std::string& text(std::int32_t id) const = 0;
  /// -1 where the vocabulary has no such entry.
  virtual std::int32_t find(const std::string& text) const = 0;
};

}  // namespace flm
