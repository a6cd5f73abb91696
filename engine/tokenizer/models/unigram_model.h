// SentencePiece's Unigram model as the tokenizers library runs it: the split of a word with the
// highest sum of scores.
#pragma once

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/documents/json.h"
#include "engine/tokenizer/models/piece_model.h"

namespace flm {

class UnigramModel final : public PieceModel {
 public:
  /// `model` of a tokenizer.json. UserError names what is broken, and the file.
  UnigramModel(const Json& model, const std::string& origin);

  /// UserError where a character has no piece and the model no unknown token.
  void encode(std::string_view word, std::vector<WordPiece>& out) const override;

  std::int32_t size() const override { return static_cast<std::int32_t>(texts_.size()); }
  std::int32_t entries() const override { return size(); }
  bool has(std::int32_t id) const override { return id >= 0 && id < size(); }
  const std::string& text(std::int32_t id) const override {
    return texts_[static_cast<std::size_t>(id)];
  }
  std::int32_t find(const std::string& text) const override;

 private:
  struct Node;

  std::vector<Node> best_path(std::string_view word) const;
  template <typename Take>
  void for_each_prefix(std::string_view text, const Take& take) const;
  void append(std::string_view word, std::uint32_t begin, std::uint32_t end,
              std::vector<WordPiece>& out) const;
  bool append_bytes(std::string_view word, std::uint32_t begin, std::uint32_t end,
                    std::vector<WordPiece>& out) const;

  std::string origin_;
  std::vector<std::string> texts_;
  std::vector<double> scores_;
  std::vector<std::int32_t> sorted_;                // ids in the order of their texts
  std::array<std::uint32_t, 257> by_first_byte_{};  // where the texts of each first byte begin
  std::unordered_map<std::string, std::int32_t> ids_;
  std::array<std::int32_t, 256> byte_ids_{};  // -1: no piece for the byte
  std::int32_t unknown_ = -1;
  double unknown_score_ = 0;
  bool byte_fallback_ = false;
};

}  // namespace flm
