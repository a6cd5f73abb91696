#include "tasks/python/regex_reader.h"

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/character_names.h"

namespace flm {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void RegexReader::fail(const std::string& why) const {
  throw UserError("invalid regular expression at " + std::to_string(at_) + ": " + why + ": " +
                  std::string(text_));
}

char RegexReader::escaped() const {
  if (at_ + 1 >= text_.size()) fail("bad escape (end of pattern)");
  return text_[at_ + 1];
}

bool RegexReader::octal_escape() const {
  return peek(1) == '0' || (octal(1) && octal(2) && octal(3));
}

char32_t RegexReader::escaped_character() {
  const char c = escaped();
  if (is_digit(c)) return octal_character();
  if (const std::size_t which = std::string_view("abfnrtv").find(c);
      which != std::string_view::npos) {
    at_ += 2;
    return static_cast<char32_t>(std::string_view("\a\b\f\n\r\t\v")[which]);
  }
  if (c == 'x' || c == 'u' || c == 'U') return hex_character(c == 'x' ? 2 : c == 'u' ? 4 : 8);
  if (c == 'N') {
    std::size_t end = at_ + 2;
    const auto named = python_read_named_character(text_, end);
    if (!named) fail("\\N wants {NAME} with a name that Unicode has");
    at_ = end;
    return *named;
  }
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) fail(std::string("bad escape \\") + c);
  ++at_;
  return character();
}

char32_t RegexReader::octal_character() {
  char32_t value = 0;
  std::size_t n = 1;
  for (; n <= 3 && octal(n); ++n) value = value * 8 + static_cast<char32_t>(peek(n) - '0');
  if (n == 1 || value > 0377) fail("bad octal escape");
  at_ += n;
  return value;
}

char32_t RegexReader::hex_character(std::size_t digits) {
  char32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = peek(2 + i);
    const int d = is_digit(c)                          ? c - '0'
                  : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                       : -1;
    if (d < 0) fail("incomplete escape");
    value = value * 16 + static_cast<char32_t>(d);
  }
  if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
    fail("an escape that names no character");
  at_ += 2 + digits;
  return value;
}

char32_t RegexReader::character() {
  const auto lead = static_cast<unsigned char>(text_[at_]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::u32string one = utf8_decode(text_.substr(at_, size));
  at_ += size;
  return one[0];
}

std::string RegexReader::name_until(char end, std::size_t skip) {
  const std::size_t to = text_.find(end, at_ + skip);
  if (to == std::string_view::npos) fail(std::string("missing ") + end + ", unterminated name");
  std::string name(text_.substr(at_ + skip, to - at_ - skip));
  if (name.empty()) fail("missing group name");
  if (name.find_first_of("<>'=!?&+-()") != std::string::npos) fail("bad character in group name");
  at_ = to + 1;
  return name;
}

}  // namespace flm
