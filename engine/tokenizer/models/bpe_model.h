// Byte-pair encoding: the bytes or characters of a word to ids.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/documents/json.h"
#include "engine/tokenizer/models/piece_model.h"

namespace flm {

class BpeModel final : public PieceModel {
 public:
  /// What words are made of: bytes, each written as one character, or characters.
  enum class Alphabet { kBytes, kCharacters };

  /// `model` of a tokenizer.json. UserError names what is broken or not known, and the file.
  BpeModel(const Json& model, Alphabet alphabet, const std::string& origin);

  void encode(std::string_view word, std::vector<WordPiece>& out) const override;

  std::int32_t size() const override { return static_cast<std::int32_t>(texts_.size()); }
  std::int32_t entries() const override { return static_cast<std::int32_t>(ids_.size()); }
  bool has(std::int32_t id) const override { return id >= 0 && id < size() && present_[at(id)]; }
  const std::string& text(std::int32_t id) const override { return texts_[at(id)]; }
  std::int32_t find(const std::string& text) const override;

 private:
  struct Merge {
    std::uint32_t rank = 0;
    std::int32_t id = 0;
  };
  struct Symbol;
  class Queue;

  static std::size_t at(std::int32_t id) { return static_cast<std::size_t>(id); }
  static std::uint64_t pair(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
           static_cast<std::uint32_t>(right);
  }
  void read_vocab(const Json& vocab, const std::string& origin);
  void read_merges(const Json& merges, const std::string& origin);
  void check_options(const Json& model, const std::string& origin) const;
  void read_unknown(const Json& model, const std::string& origin);
  class CharacterSymbols;
  std::vector<Symbol> symbols_of(std::string_view word) const;
  void merge_all(std::vector<Symbol>& symbols) const;

  std::vector<std::string> texts_;
  std::vector<bool> present_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::unordered_map<std::string, std::int32_t> by_bytes_;  // only for ignore_merges
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::array<std::int32_t, 256> byte_ids_{};  // -1: the vocabulary lacks the byte
  Alphabet alphabet_;
  std::int32_t unknown_ = -1;   // of characters that are not in the vocabulary
  bool byte_fallback_ = false;  // before that, "<0x0A>" for each of their bytes
  bool fuse_unknown_ = false;   // several in a row are one token
  bool ignore_merges_ = false;
};

}  // namespace flm
