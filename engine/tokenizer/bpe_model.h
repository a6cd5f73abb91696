// Byte-level byte-pair encoding: bytes of a word to ids.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"

namespace flm {

/// One token of a word and the bytes it stands for. A byte without a token lies between two pieces,
/// or inside one where its neighbours merged over it.
struct BpePiece {
  std::int32_t id = 0;
  std::uint32_t begin = 0, end = 0;
};

class BpeModel {
 public:
  /// `model` of a tokenizer.json. UserError names what is broken or not known, and the file.
  BpeModel(const Json& model, const std::string& origin);

  void encode(std::string_view word, std::vector<BpePiece>& out) const;

  std::int32_t size() const { return static_cast<std::int32_t>(texts_.size()); }
  bool has(std::int32_t id) const { return id >= 0 && id < size() && present_[at(id)]; }
  /// As tokenizer.json writes it, in the byte alphabet.
  const std::string& text(std::int32_t id) const { return texts_[at(id)]; }
  /// -1 where the vocabulary has no such entry.
  std::int32_t find(const std::string& text) const;

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
  std::vector<Symbol> symbols_of(std::string_view word) const;
  void merge_all(std::vector<Symbol>& symbols) const;

  std::vector<std::string> texts_;
  std::vector<bool> present_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::unordered_map<std::string, std::int32_t> by_bytes_;  // only for ignore_merges
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::array<std::int32_t, 256> byte_ids_{};  // -1: the vocabulary lacks the byte
  bool ignore_merges_ = false;
};

}  // namespace flm
