// What differs between Python's `re` on str and PCRE2, and what it becomes:
//
//   \d \D            decimal digits of any script: \p{Nd} \P{Nd}
//   \s \S            Python's white space (with U+001C..U+001F and U+0085): explicit ranges
//   \w \W \b \B      letters, numbers and '_': \p{L}\p{N}_ and look-arounds, so that the meaning
//   does not
//                    depend on PCRE2's version; \B never matches in an empty text
//   \Z               the very end: \z
//   \v \a \uXXXX     the characters they name: \x{..}
//   \1 .. \99        \g{N}; octal escapes become \x{..}
//   {,n}             {0,n}
//   [[:x:]] [a[b]    '[' is an ordinary member of a class: \[
//   (?flags)         only at the start; (?i:...) and the like as they are; a and u only for the
//   whole pattern
//   (?(name)...)     (?(<name>)...)
//
// `$`, `.`, `^` with MULTILINE, possessive quantifiers, atomic groups and look-behind mean the same
// under NEWLINE_LF and ALT_CIRCUMFLEX. What only PCRE2 knows ((?R), (?|, (?<n>, (*VERB), \K, \h,
// ...) is refused, as Python does. Under IGNORECASE both fold case by Unicode's simple rules, but
// only Python lets U+0130 and U+0131 match i (and each other); not imitated.
#include "tasks/python/regex_syntax.h"

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/character_names.h"
#include "tasks/python/regex.h"

namespace flm {
namespace {

constexpr std::string_view kSpace =
    "\\x09-\\x0d\\x1c-\\x20\\x85\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{"
    "205f}\\x{3000}";
constexpr std::string_view kNotSpace =
    "\\x00-\\x08\\x0e-\\x1b\\x21-\\x84\\x86-\\x9f\\xa1-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{"
    "2027}"
    "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}";
constexpr std::string_view kWord = "\\p{L}\\p{N}_";
constexpr std::string_view kNotWord =  // every category but L and N, less '_'
    "\\p{M}\\p{S}\\p{Z}\\p{C}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Pd}\\p{Po}\\x{203f}\\x{2040}\\x{2054}"
    "\\x{fe33}"
    "\\x{fe34}\\x{fe4d}-\\x{fe4f}\\x{ff3f}";

class Translator {
 public:
  Translator(std::string_view pattern, int flags) : in_(pattern), flags_(flags) {}

  TranslatedRegex run() {
    leading_flags();
    while (at_ < in_.size()) item();
    return {std::move(out_), flags_};
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw UserError("invalid regular expression at " + std::to_string(at_) + ": " + why + ": " +
                    std::string(in_));
  }

  bool has(int flag) const { return (flags_ & flag) != 0; }
  bool next_is(std::string_view text) const { return in_.substr(at_, text.size()) == text; }
  char peek(size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  static bool digit(char c) { return c >= '0' && c <= '9'; }

  /// (?aimsux) at the start holds for the whole pattern.
  void leading_flags() {
    while (next_is("(?")) {
      const size_t end = in_.find_first_not_of("aiLmsux", at_ + 2);
      if (end == std::string_view::npos || end == at_ + 2 || in_[end] != ')') return;
      for (const char c : in_.substr(at_ + 2, end - at_ - 2)) flags_ |= flag_of(c);
      at_ = end + 1;
    }
  }

  int flag_of(char c) const {
    switch (c) {
      case 'i':
        return PythonRegex::kIgnoreCase;
      case 'm':
        return PythonRegex::kMultiline;
      case 's':
        return PythonRegex::kDotAll;
      case 'x':
        return PythonRegex::kVerbose;
      case 'a':
        return PythonRegex::kAscii;
      case 'u':
        return 0;
      default:
        fail("the L flag needs bytes");
    }
  }

  void item() {
    const char c = in_[at_];
    if (has(PythonRegex::kVerbose) && verbose_filler()) return;
    if (c == '\\') return escape(false);
    if (c == '[') return char_class();
    if (c == '(') return group();
    if (c == '{') return brace();
    out_ += c;
    ++at_;
  }

  bool verbose_filler() {
    if (std::string_view(" \t\n\r\f\v").find(peek()) != std::string_view::npos) {
      ++at_;
      return true;
    }
    if (peek() != '#') return false;
    at_ = std::min(in_.find('\n', at_), in_.size());
    return true;
  }

  /// {,n} counts from 0; {} and {x are literal, in both.
  void brace() {
    size_t end = at_ + 1;
    while (digit(end < in_.size() ? in_[end] : '\0')) ++end;
    const size_t low_end = end;
    const bool comma = end < in_.size() && in_[end] == ',';
    if (comma) ++end;
    while (comma && end < in_.size() && digit(in_[end])) ++end;
    const bool quantifier = end < in_.size() && in_[end] == '}' && end > at_ + 1;
    if (!quantifier) {
      out_ += "\\{";
      ++at_;
      return;
    }
    out_ += '{';
    if (low_end == at_ + 1) out_ += '0';
    out_ += in_.substr(at_ + 1, end - at_);
    at_ = end + 1;
  }

  void group() {
    if (next_is("(*")) fail("nothing to repeat");
    if (!next_is("(?")) return copy(1);
    if (next_is("(?#")) {
      const size_t end = in_.find(')', at_);
      if (end == std::string_view::npos) fail("missing ), unterminated comment");
      at_ = end + 1;
      return;
    }
    for (const std::string_view known :
         {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?P<", "(?P="}) {
      if (next_is(known)) return copy(known.size());
    }
    if (next_is("(?(")) return condition();
    scoped_flags();
  }

  void copy(size_t n) {
    out_ += in_.substr(at_, n);
    at_ += n;
  }

  void condition() {
    const size_t end = in_.find(')', at_);
    if (end == std::string_view::npos) fail("missing ), unterminated name");
    const std::string name(in_.substr(at_ + 3, end - at_ - 3));
    const bool number = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
    if (!number && name.find_first_of("<>'=!?&+-") != std::string::npos)
      fail("bad character in group name");
    out_ += number ? "(?(" + name + ")" : "(?(<" + name + ">)";
    at_ = end + 1;
  }

  void scoped_flags() {
    const size_t end = in_.find_first_not_of("aiLmsux-", at_ + 2);
    const std::string_view letters =
        in_.substr(at_ + 2, end == std::string_view::npos ? end : end - at_ - 2);
    const char after = end == std::string_view::npos ? '\0' : in_[end];
    if (letters.empty() || (after != ':' && after != ')'))
      fail("unknown extension (?" + std::string(1, peek(2)));
    if (after == ')') fail("global flags not at the start of the expression");
    if (letters.find_first_of("aLux") != std::string_view::npos) {
      fail("the flags a, L, u and x are supported only for the whole pattern, at its start");
    }
    copy(letters.size() + 3);
  }

  void escape(bool in_class) {
    if (at_ + 1 >= in_.size()) fail("bad escape (end of pattern)");
    const char c = in_[at_ + 1];
    if (category(c, in_class)) {
      at_ += 2;
    } else if (digit(c)) {
      numeric_escape(in_class);
    } else if (const size_t which = std::string_view("abfnrtv").find(c);
               which != std::string_view::npos) {
      append_hex(static_cast<char32_t>(std::string_view("\a\b\f\n\r\t\v")[which]));
      at_ += 2;
    } else if (c == 'x' || c == 'u' || c == 'U') {
      hex_escape(c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else if (c == 'N') {
      std::size_t end = at_ + 2;
      const auto named = python_read_named_character(in_, end);
      if (!named) fail("\\N wants {NAME} with a name that Unicode has");
      append_hex(*named);
      at_ = end;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      fail(std::string("bad escape \\") + c);
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      ++at_;  // a backslash before a character outside ASCII says nothing
    } else {
      copy(2);
    }
  }

  /// \d \s \w and negations, and, outside classes, \b \B \A \Z.
  bool category(char c, bool in_class) {
    const bool ascii = has(PythonRegex::kAscii);
    const std::string open = in_class ? "" : "[", close = in_class ? "" : "]";
    const auto set = [&](std::string_view unicode, std::string_view plain) {
      out_ += open + std::string(ascii ? plain : unicode) + close;
      return true;
    };
    switch (c) {
      case 'd':
        return set("\\p{Nd}", "0-9");
      case 'D':
        return set("\\P{Nd}", "\\x00-/:-\\x{10ffff}");
      case 's':
        return set(kSpace, "\\x09-\\x0d\\x20");
      case 'S':
        return set(kNotSpace, "\\x00-\\x08\\x0e-\\x1f!-\\x{10ffff}");
      case 'w':
        return set(kWord, "0-9A-Za-z_");
      case 'W':
        return set(kNotWord, "\\x00-/:-@\\x5b-\\x5e`{-\\x{10ffff}");
      case 'b':
        if (!in_class) out_ += boundary();
        return !in_class;
      case 'B':
        if (!in_class) out_ += "(?!" + boundary() + ")(?!\\A\\z)";
        return !in_class;
      case 'A':
        if (!in_class) out_ += "\\A";
        return !in_class;
      case 'Z':
        if (!in_class) out_ += "\\z";
        return !in_class;
      default:
        return false;
    }
  }

  std::string boundary() const {
    const std::string word =
        "[" + std::string(has(PythonRegex::kAscii) ? "0-9A-Za-z_" : kWord) + "]";
    return "(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))";
  }

  /// \0.. and three octal digits name a character, other numbers a group.
  void numeric_escape(bool in_class) {
    const auto octal = [&](size_t i) { return peek(i) >= '0' && peek(i) <= '7'; };
    const bool is_octal = peek(1) == '0' || (octal(1) && octal(2) && octal(3)) || in_class;
    if (!is_octal) {
      const size_t n = digit(peek(2)) ? 2 : 1;
      out_ += "\\g{" + std::string(in_.substr(at_ + 1, n)) + "}";
      at_ += n + 1;
      return;
    }
    char32_t value = 0;
    size_t n = 1;
    for (; n <= 3 && octal(n); ++n) value = value * 8 + static_cast<char32_t>(peek(n) - '0');
    if (n == 1 || value > 0377) fail("bad octal escape");
    append_hex(value);
    at_ += n;
  }

  void hex_escape(size_t digits) {
    char32_t value = 0;
    for (size_t i = 0; i < digits; ++i) {
      const char c = peek(2 + i);
      const int d = digit(c)                             ? c - '0'
                    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                         : -1;
      if (d < 0) fail("incomplete escape");
      value = value * 16 + static_cast<char32_t>(d);
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
      fail("an escape that names no character");
    append_hex(value);
    at_ += 2 + digits;
  }

  void append_hex(char32_t c) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    do {
      hex.insert(hex.begin(), kDigits[c & 15]);
      c >>= 4;
    } while (c > 0);
    out_ += "\\x{" + hex + "}";
  }

  void char_class() {
    copy(1);
    if (peek() == '^') copy(1);
    for (bool first = true;; first = false) {
      if (at_ >= in_.size()) fail("unterminated character set");
      const char c = in_[at_];
      if (c == ']' && !first) break;
      if (c == '\\') {
        refuse_range_to_category();
        escape(true);
      } else if (c == '[' || c == ']' || c == '#' || c == ' ') {
        out_ += '\\';
        copy(1);
      } else {
        copy(1);
      }
    }
    copy(1);
  }

  /// [\w-z] and [a-\w] are errors in Python; PCRE2 would take the hyphen literally.
  void refuse_range_to_category() const {
    const auto category_letter = [](char c) {
      return std::string_view("dDsSwW").find(c) != std::string_view::npos;
    };
    if (!category_letter(peek(1)) || peek(1) == '\0') return;
    const bool before = peek(2) == '-' && peek(3) != ']' && peek(3) != '\0';
    if (before) fail("bad character range");
  }

  std::string_view in_;
  int flags_;
  std::string out_;
  size_t at_ = 0;
};

}  // namespace

TranslatedRegex translate_python_regex(std::string_view pattern, int flags) {
  if (!utf8_valid(pattern)) throw UserError("a regular expression that is not UTF-8");
  return Translator(pattern, flags).run();
}

}  // namespace flm
