// A tokenizer whose ids are the bytes of the text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer.h"

namespace flm::fuzz {

class ByteTokenizer : public Tokenizer {
 public:
  Encoding encode(std::string_view text, bool) const override { return {encode_ids(text), {}, {}}; }
  std::vector<std::int32_t> encode_ids(std::string_view text, bool = true) const override {
    return {text.begin(), text.end()};
  }
  std::string decode(std::span<const std::int32_t>, bool) const override { return ""; }
  std::string token_bytes(std::int32_t) const override { return ""; }
  std::string piece(std::int32_t) const override { return ""; }
  bool is_special(std::int32_t) const override { return false; }
  std::int32_t vocab_size() const override { return 256; }
  std::optional<std::int32_t> bos() const override { return std::nullopt; }
  std::optional<std::int32_t> eos() const override { return 0; }
  std::vector<std::int32_t> eos_ids() const override { return {0}; }
  bool adds_bos() const override { return false; }
  std::string hash() const override { return ""; }
  std::vector<std::string> notes() const override { return {}; }
  std::string chat_template() const override { return ""; }
};

}  // namespace flm::fuzz
