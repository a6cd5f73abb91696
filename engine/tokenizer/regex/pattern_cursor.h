// Reads a pattern character by character; what it refuses is named with its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/tokenizer/regex/character_set.h"

namespace flm {

class PatternCursor {
 public:
  /// UserError where the pattern is not UTF-8.
  PatternCursor(std::string_view pattern, const std::string& origin);

  bool done() const { return at_ >= text_.size(); }
  char32_t peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : U'\0';
  }
  bool looks_at(std::u32string_view what) const {
    return std::u32string_view(text_).substr(at_).starts_with(what);
  }
  char32_t take() { return done() ? (refuse("an end in the middle"), U'\0') : text_[at_++]; }
  bool skip(std::u32string_view what) {
    const bool there = looks_at(what);
    if (there) at_ += what.size();
    return there;
  }
  /// The text up to `end`, which is skipped too.
  std::string take_until(std::u32string_view end);
  bool has_ahead(char32_t c, std::size_t ahead) const {
    return std::u32string_view(text_).substr(at_).find(c, ahead) != std::u32string_view::npos;
  }

  [[noreturn]] void refuse(const std::string& what) const;

 private:
  std::u32string text_;
  std::size_t at_ = 0;
  std::string whole_;
  const std::string& origin_;
};

/// What `letter` stands for behind a backslash, in brackets or out of them.
/// \w \d \s \h and their opposites, \p{...}: nothing for another letter. The cursor stands behind
/// the letter.
std::optional<CharacterSet> escaped_set(char32_t letter, bool in_brackets, PatternCursor& cursor);

/// \n \t \x41 \x{4E00} \u4E00 \101 and characters that mean themselves; refuses other letters.
char32_t escaped_character(char32_t letter, PatternCursor& cursor);

/// A class in brackets, behind its "[": with ranges, POSIX names, classes inside and intersections.
struct BracketClass {
  CharacterSet set;  // before it is negated
  bool negated = false;
};
BracketClass read_bracket_class(PatternCursor& cursor, int depth = 0);

CharacterSet complement_of(CharacterSet set);

}  // namespace flm
