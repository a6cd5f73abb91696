// A tokenizer whose tokens can be counted by eye.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer.h"

namespace flm {

/// One token a byte; id = byte. Ids 256 and 257 are BOS and EOS.
class ByteTokenizer : public Tokenizer {
 public:
  explicit ByteTokenizer(bool adds_bos) : adds_bos_(adds_bos) {}
  Encoding encode(std::string_view text, bool special) const override {
    Encoding out;
    if (special && adds_bos_) out.ids.push_back(256), out.spans.push_back({0, 0});
    for (std::size_t i = 0; i < text.size(); ++i) {
      out.ids.push_back(static_cast<unsigned char>(text[i]));
      out.spans.push_back({i, i + 1});
    }
    return out;
  }
  std::string decode(std::span<const std::int32_t> ids, bool) const override {
    std::string text;
    for (std::int32_t id : ids) text += piece(id);
    return text;
  }
  std::string token_bytes(std::int32_t id) const override { return piece(id); }
  std::string piece(std::int32_t id) const override {
    return id == 256 ? "<s>" : id == 257 ? "</s>" : std::string(1, static_cast<char>(id));
  }
  bool is_special(std::int32_t id) const override { return id >= 256; }
  std::int32_t vocab_size() const override { return 258; }
  std::optional<std::int32_t> bos() const override { return 256; }
  std::optional<std::int32_t> eos() const override { return 257; }
  std::vector<std::int32_t> eos_ids() const override { return {257}; }
  bool adds_bos() const override { return adds_bos_; }
  std::string hash() const override { return "bytes"; }
  std::vector<std::string> notes() const override { return {}; }
  std::string chat_template() const override { return ""; }

 private:
  bool adds_bos_;
};

}  // namespace flm
