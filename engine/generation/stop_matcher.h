// Stop strings, exact across the borders of tokens.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer.h"

namespace flm {

/// Watches one sequence for its stop strings. The raw bytes of the tokens, without spaces, are a
/// cheap filter; where it fires the decoded text decides, for decoding may drop spaces (a leading
/// one; clean_up_tokenization_spaces), skip special tokens or replace bytes that are not UTF-8. A
/// stop string may also be (part of) the text of special tokens, which decoding skips: it ends the
/// text and has nothing to cut off.
class StopMatcher {
 public:
  /// `stops` must outlive the matcher; none is empty.
  StopMatcher(std::span<const std::string> stops, const Tokenizer& tokenizer);

  /// Takes in tokens that hold no stop string, nor end one.
  void pass(std::span<const std::int32_t> tokens);

  /// Takes in the newest of `tokens` (all that was generated so far, each seen once). Returns the
  /// text before the stop strings as soon as there is one.
  std::optional<std::string> advance(std::span<const std::int32_t> tokens);

 private:
  /// Bytes so far but for spaces.
  struct Seen {
    std::string bytes;
    std::size_t last = 0;  // where those of the last token that had any begin
  };
  bool fires(std::int32_t id);
  bool matches_at_end(Seen& seen, const std::string& added) const;
  std::size_t cut_of(std::string_view text) const;

  std::span<const std::string> stops_;
  const Tokenizer& tokenizer_;
  std::vector<std::string> filter_;  // the stop strings without spaces
  std::size_t longest_ = 0;          // of the filter
  bool always_ = false;    // a stop string holds U+FFFD, which decoding makes up, or spaces alone
  bool in_space_ = false;  // a stop string ends in a space
  Seen plain_, marked_;    // without and with the text of special tokens
};

}  // namespace flm
