// The tokens that a configuration adds beside the model: found in the text before the model sees
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/tokenizer/longest_prefix.h"

namespace flm {

struct AddedToken {
  std::string content;
  std::int32_t id = -1;
  bool special = true;
  bool lstrip = false;       // takes the whitespace before it
  bool rstrip = false;       // takes the whitespace after it
  bool single_word = false;  // only where no word character touches it
  bool normalized = false;   // looked for after normalization
  std::string sought = {};   // what is looked for, where it is not the content: that, normalized
};

/// A stretch of text: either one added token (`token` is set) or text for the model.
struct TextPart {
  std::size_t begin = 0, end = 0;
  const AddedToken* token = nullptr;
};

/// Splits text on its tokens: leftmost first, longest where several start at one place.
class AddedTokens {
 public:
  AddedTokens() = default;
  explicit AddedTokens(std::vector<AddedToken> tokens);
  AddedTokens(const AddedTokens&) = delete;
  AddedTokens& operator=(const AddedTokens&) = delete;
  AddedTokens(AddedTokens&&) = default;
  AddedTokens& operator=(AddedTokens&&) = default;

  /// The parts of text[begin, end) in order, without empty ones; offsets are those of `text`. A
  /// part may begin within white space that the token before it took (as in the tokenizers
  /// library). Only tokens whose `normalized` flag equals `normalized` are looked for.
  std::vector<TextPart> split(std::string_view text, std::size_t begin, std::size_t end,
                              bool normalized) const;

  /// As split(), with every token whatever its `normalized` flag.
  std::vector<TextPart> split_all(std::string_view text) const;

  const AddedToken* find_id(std::int32_t id) const;
  const std::vector<AddedToken>& tokens() const { return tokens_; }

 private:
  std::vector<TextPart> split(std::string_view text, std::size_t begin, std::size_t end,
                              std::optional<bool> normalized) const;
  const AddedToken* match(std::string_view text, std::size_t at, std::size_t end,
                          std::optional<bool> normalized) const;

  std::vector<AddedToken> tokens_;
  LongestPrefix all_, raw_, normalized_;  // indices; raw: looked for before normalization
  std::unordered_map<std::int32_t, std::size_t> by_id_;
};

}  // namespace flm
