// Where the reading of a Python pattern stands, and the characters and names that it reads there.
#pragma once

#include <string>
#include <string_view>

namespace flm {

class RegexReader {
 public:
  explicit RegexReader(std::string_view pattern) : text_(pattern) {}  // UTF-8

  /// UserError "invalid regular expression at N: why: PATTERN" (N counts bytes).
  [[noreturn]] void fail(const std::string& why) const;

  bool at_end() const { return at_ >= text_.size(); }
  std::size_t at() const { return at_; }
  void go_to(std::size_t at) { at_ = at; }
  void skip(std::size_t bytes) { at_ += bytes; }

  std::string_view text() const { return text_; }
  bool next_is(std::string_view text) const { return text_.substr(at_, text.size()) == text; }
  /// The byte that stands `ahead` of here; NUL behind the end.
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  /// The character that stands here.
  char32_t character();
  /// What stands behind the backslash here.
  char escaped() const;
  /// The character that the escape here names.
  char32_t escaped_character();
  /// \0.. and three octal digits name a character, other numbers a group.
  bool octal_escape() const;
  /// The name from `skip` bytes on to `end`, behind which reading goes on.
  std::string name_until(char end, std::size_t skip);

 private:
  char32_t octal_character();
  char32_t hex_character(std::size_t digits);
  bool octal(std::size_t ahead) const { return peek(ahead) >= '0' && peek(ahead) <= '7'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace flm
