#include "tasks/python/literal.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/text/utf8.h"
#include "tasks/python/character_names.h"

namespace flm {
namespace {

constexpr int kMostNested = 100;

/// Thrown inside and caught at the door: the text is no literal.
struct NotALiteral {};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  PyValue whole() {
    open_ = 1;  // before the expression blank lines and comments may stand
    skip_space();
    open_ = 0;
    PyValue value = next(0);
    if (take(',')) value = bare_tuple(std::move(value));
    open_ = 1;
    skip_space();
    if (at_ != text_.size()) throw NotALiteral();
    return value;
  }

 private:
  /// Blanks, comments and continued lines; inside of brackets also the ends of lines.
  void skip_space() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size()) - 1;
      } else if (c == '\\' && text_.substr(at_ + 1, 1) == "\n") {
        ++at_;
      } else if (c != ' ' && c != '\t' && c != '\f' && !(open_ > 0 && (c == '\n' || c == '\r'))) {
        return;
      }
    }
  }

  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  PyValue next(int depth) {
    skip_space();
    if (depth > kMostNested || at_ >= text_.size()) throw NotALiteral();
    if (text_[at_] == '[' || text_[at_] == '(' || text_[at_] == '{') return bracketed(depth);
    if (take_word("None")) return PyValue();
    if (take_word("True")) return PyValue(true);
    if (take_word("False")) return PyValue(false);
    if (at_string()) return PyValue(strings());
    return number();
  }

  PyValue bracketed(int depth) {
    const char bracket = text_[at_++];
    ++open_;
    PyValue value = bracket == '['   ? PyValue(items(']', depth, nullptr))
                    : bracket == '(' ? parenthesis(depth)
                                     : dict(depth);
    --open_;
    return value;
  }

  /// 'a', 'b' without parentheses, behind its first comma.
  PyValue bare_tuple(PyValue first) {
    PyList list;
    list.push_back(std::move(first));
    for (bool comma = true; comma; comma = take(',')) {
      skip_space();
      if (at_ >= text_.size() || text_[at_] == '\n') break;
      list.push_back(next(1));
    }
    return PyValue::tuple(std::move(list));
  }

  /// A quote, or one behind r, R, u or U.
  bool at_string() const {
    const std::size_t quote =
        std::string_view("rRuU").find(text_[at_]) != std::string_view::npos ? at_ + 1 : at_;
    return quote < text_.size() && (text_[quote] == '\'' || text_[quote] == '"');
  }

  PyList items(char close, int depth, bool* trailing_comma) {
    PyList list;
    bool comma = true;
    while (!take(close)) {
      if (!comma) throw NotALiteral();
      list.push_back(next(depth + 1));
      comma = take(',');
    }
    if (trailing_comma) *trailing_comma = comma && !list.empty();
    return list;
  }

  PyValue parenthesis(int depth) {
    bool comma = false;
    PyList list = items(')', depth, &comma);
    if (list.size() == 1 && !comma) return list[0];
    return PyValue::tuple(std::move(list));
  }

  PyValue dict(int depth) {
    PyDict out;
    bool comma = true;
    while (!take('}')) {
      if (!comma) throw NotALiteral();
      PyValue key = next(depth + 1);
      if (!take(':')) throw NotALiteral();
      out.set(key, next(depth + 1));
      comma = take(',');
    }
    return PyValue(std::move(out));
  }

  std::string strings() {  // neighbours join
    std::string out = string();
    for (skip_space(); at_ < text_.size() && at_string(); skip_space()) out += string();
    return out;
  }

  std::string string() {
    const bool raw = text_[at_] == 'r' || text_[at_] == 'R';
    if (text_[at_] != '\'' && text_[at_] != '"') ++at_;
    const std::string_view one = text_.substr(at_, 1), three = text_.substr(at_, 3);
    const bool triple = three.size() == 3 && three[1] == one[0] && three[2] == one[0];
    const std::string_view quote = triple ? three : one;
    at_ += quote.size();
    std::string out;
    while (at_ < text_.size() && text_.substr(at_, quote.size()) != quote) {
      const char c = text_[at_++];
      if (c == '\n' && !triple) throw NotALiteral();
      if (c == '\\' && raw) {
        raw_escape(out);
      } else if (c == '\\') {
        escape(out);
      } else if (c == '\r') {  // Python reads a file's \r\n and \r as one \n
        if (!triple) throw NotALiteral();
        if (text_.substr(at_, 1) == "\n") ++at_;
        out += '\n';
      } else {
        out += c;
      }
    }
    if (at_ >= text_.size()) throw NotALiteral();
    at_ += quote.size();
    return out;
  }

  /// The backslash of a raw string stays, and keeps a quote from ending it.
  void raw_escape(std::string& out) {
    out += '\\';
    if (at_ >= text_.size()) throw NotALiteral();
    out += text_[at_++];
  }

  void escape(std::string& out) {
    if (at_ >= text_.size()) throw NotALiteral();
    const char c = text_[at_++];
    static constexpr std::string_view kNames = "abfnrtv\\'\"", kValues = "\a\b\f\n\r\t\v\\'\"";
    if (const std::size_t i = kNames.find(c); i != std::string_view::npos) {
      out += kValues[i];
    } else if (c == 'x' || c == 'u' || c == 'U') {
      utf8_append(out, code_point(c == 'x' ? 2 : c == 'u' ? 4 : 8));
    } else if (c >= '0' && c <= '7') {
      char32_t value = static_cast<char32_t>(c - '0');
      for (int digit = 0; digit < 2 && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7';
           ++digit)
        value = value * 8 + static_cast<char32_t>(text_[at_++] - '0');
      utf8_append(out, value);
    } else if (c == 'N') {
      const auto named = python_read_named_character(text_, at_);
      if (!named) throw NotALiteral();
      utf8_append(out, *named);
    } else if (c != '\n') {
      out += '\\';
      out += c;
    }
  }

  char32_t code_point(std::size_t digits) {
    if (at_ + digits > text_.size()) throw NotALiteral();
    const std::string hex(text_.substr(at_, digits));
    if (hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) throw NotALiteral();
    at_ += digits;
    const unsigned long value = std::stoul(hex, nullptr, 16);
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) throw NotALiteral();
    return static_cast<char32_t>(value);
  }

  /// 0x10, 0o17, 0b11, with a sign.
  std::optional<PyValue> number_of_base() {
    const std::size_t sign = text_.find_first_not_of("+-", at_);
    if (sign == std::string_view::npos || sign > at_ + 1 || text_[sign] != '0') return std::nullopt;
    const std::string_view mark = text_.substr(sign + 1, 1);
    const int base = mark == "x" || mark == "X"   ? 16
                     : mark == "o" || mark == "O" ? 8
                     : mark == "b" || mark == "B" ? 2
                                                  : 0;
    if (base == 0) return std::nullopt;
    std::size_t end = sign + 2;
    while (end < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_'))
      ++end;
    std::string digits(text_.substr(sign + 2, end - sign - 2));
    if (digits.starts_with("_")) digits.erase(0, 1);  // 0x_10
    const bool minus = text_[at_] == '-';
    at_ = end;
    try {
      const PyInt value = python_parse_int(digits, base);
      return PyValue(minus ? -value : value);
    } catch (const PyError&) {
      throw NotALiteral();
    }
  }

  PyValue number() {
    if (auto other = number_of_base()) return *other;
    std::string sign;
    if (text_[at_] == '+' || text_[at_] == '-') {
      sign = text_[at_++];
      skip_space();  // "- 1"
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           std::string_view("+-.0123456789eE_").find(text_[at_]) != std::string_view::npos)
      ++at_;
    const std::string word = sign + std::string(text_.substr(begin, at_ - begin));
    const std::size_t digits = word.find_first_not_of("+-");
    if (digits == std::string::npos || digits > 1) throw NotALiteral();
    const bool leading_zero =
        word[digits] == '0' && word.find_first_not_of("0_", digits) != std::string::npos;
    try {
      if (word.find_first_of(".eE") != std::string::npos) return PyValue(python_parse_float(word));
      if (leading_zero) throw NotALiteral();  // 007 is no Python literal
      return PyValue(python_parse_int(word));
    } catch (const PyError&) {
      throw NotALiteral();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int open_ = 0;  // brackets
};

}  // namespace

std::optional<PyValue> python_literal(std::string_view text) {
  try {
    return Parser(text).whole();
  } catch (const NotALiteral&) {
    return std::nullopt;
  }
}

}  // namespace flm
