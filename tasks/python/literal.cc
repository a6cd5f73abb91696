#include "tasks/python/literal.h"

#include <string>

#include "base/utf8.h"

namespace flm {
namespace {

constexpr int kMaxDepth = 100;

/// Thrown inside and caught at the door: the text is no literal.
struct NotALiteral {};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  PyValue whole() {
    PyValue value = next(0);
    skip_space();
    if (at_ != text_.size()) throw NotALiteral();
    return value;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\n\r\f").find(text_[at_]) != std::string_view::npos)
      ++at_;
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
    if (depth > kMaxDepth || at_ >= text_.size()) throw NotALiteral();
    if (take('[')) return PyValue(items(']', depth, nullptr));
    if (take('(')) return parenthesis(depth);
    if (take('{')) return dict(depth);
    if (take_word("None")) return PyValue();
    if (take_word("True")) return PyValue(true);
    if (take_word("False")) return PyValue(false);
    const char c = text_[at_];
    if (c == '\'' || c == '"') return PyValue(strings());
    return number();
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
    for (skip_space(); at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"');
         skip_space())
      out += string();
    return out;
  }

  std::string string() {
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      const char c = text_[at_++];
      if (c == '\n') throw NotALiteral();
      if (c == '\\') {
        escape(out);
      } else {
        out += c;
      }
    }
    if (at_ >= text_.size()) throw NotALiteral();
    ++at_;
    return out;
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

  PyValue number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           std::string_view("+-.0123456789eE_").find(text_[at_]) != std::string_view::npos)
      ++at_;
    const std::string word(text_.substr(begin, at_ - begin));
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
