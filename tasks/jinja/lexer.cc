#include "tasks/jinja/lexer.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/character_names.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using Kind = JinjaToken::Kind;
using std::string_view;

constexpr size_t kNone = string_view::npos;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool ascii_space(char c) { return (c >= 9 && c <= 13) || c == ' ' || (c >= 0x1C && c <= 0x1F); }

/// Line ends \r\n and \r become \n, as Jinja makes them.
std::string normalized(string_view source) {
  std::string out;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
    } else {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
  }
  return out;
}

class Lexer {
 public:
  Lexer(std::string source, const std::string& origin, const JinjaTemplate::Options& options)
      : in_(std::move(source)), origin_(origin), options_(options) {
    if (!options.keep_trailing_newline && !in_.empty() && in_.back() == '\n') in_.pop_back();
  }

  std::vector<JinjaToken> run() {
    while (at_ < in_.size()) text_and_tag();
    add(Kind::kEnd, "");
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw_jinja_syntax(origin_, line_, what);
  }

  bool next_is(string_view text) const { return string_view(in_).substr(at_, text.size()) == text; }
  char peek(size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }

  /// Moves on and counts lines.
  void advance(size_t n) {
    line_ += static_cast<int>(std::count(in_.begin() + static_cast<long>(at_),
                                         in_.begin() + static_cast<long>(at_ + n), '\n'));
    at_ += n;
  }

  void add(Kind kind, std::string text) { out_.push_back({kind, line_, std::move(text)}); }

  void skip_spaces() {
    while (at_ < in_.size()) {
      size_t n = 1;
      while (n < 4 && at_ + n < in_.size() &&
             (static_cast<unsigned char>(in_[at_ + n]) & 0xC0) == 0x80)
        ++n;
      if (!python_isspace(string_view(in_).substr(at_, n))) return;
      advance(n);
    }
  }

  void text_and_tag() {
    size_t open = at_;
    while (open < in_.size() &&
           !(in_[open] == '{' && open + 1 < in_.size() &&
             (in_[open + 1] == '{' || in_[open + 1] == '%' || in_[open + 1] == '#'))) {
      ++open;
    }
    std::string text = in_.substr(at_, open - at_);
    if (open == in_.size()) {
      if (!text.empty()) add(Kind::kText, text);
      advance(open - at_);
      return;
    }
    const char type = in_[open + 1];
    const char sign = open + 2 < in_.size() ? in_[open + 2] : '\0';
    strip_before(text, sign, type != '{');
    if (!text.empty()) add(Kind::kText, std::move(text));
    advance(open - at_ + 2);
    if (sign == '-' || sign == '+') advance(1);
    if (type == '#') return comment();
    if (type == '%' && raw()) return;
    tag(type == '{');
  }

  void strip_before(std::string& text, char sign, bool block) const {
    if (sign == '-') {
      text = python_rstrip(text);
      return;
    }
    if (sign == '+' || !options_.lstrip_blocks || !block) return;
    const size_t line_start = text.rfind('\n') + 1;  // npos + 1 is 0
    if (line_start == 0 && !line_starting_) return;
    if (python_strip(string_view(text).substr(line_start)).empty()) text.resize(line_start);
  }

  /// After the end of a block or comment, with its '-' or '+' sign.
  void end_of_tag(char sign, bool block) {
    line_starting_ = false;
    if (sign == '-') {
      const size_t before = at_;
      skip_spaces();
      line_starting_ = at_ > before && in_[at_ - 1] == '\n';
    } else if (sign != '+' && block && options_.trim_blocks && peek() == '\n') {
      advance(1);
      line_starting_ = true;
    }
  }

  void comment() {
    const size_t end = in_.find("#}", at_);
    if (end == kNone) fail("Missing end of comment tag");
    const char sign = end > at_ ? in_[end - 1] : '\0';
    advance(end + 2 - at_);
    end_of_tag(sign, true);
  }

  /// The tag at the cursor, if it is "NAME": the position after its end, its sign in `sign`; else
  /// npos.
  size_t simple_tag(size_t from, string_view name, char& sign) const {
    size_t p = from;
    while (p < in_.size() && ascii_space(in_[p])) ++p;
    if (string_view(in_).substr(p, name.size()) != name) return kNone;
    p += name.size();
    while (p < in_.size() && ascii_space(in_[p])) ++p;
    sign = p < in_.size() && (in_[p] == '-' || in_[p] == '+') ? in_[p] : '\0';
    if (sign != '\0') ++p;
    return string_view(in_).substr(p, 2) == "%}" ? p + 2 : kNone;
  }

  bool raw() {
    char sign = '\0';
    const size_t body = simple_tag(at_, "raw", sign);
    if (body == kNone || sign == '+') return false;
    advance(body - at_);
    if (sign == '-') skip_spaces();
    for (size_t open = in_.find("{%", at_); open != kNone; open = in_.find("{%", open + 2)) {
      const char before = open + 2 < in_.size() ? in_[open + 2] : '\0';
      const size_t after = simple_tag(open + 2 + (before == '-' || before == '+'), "endraw", sign);
      if (after == kNone) continue;
      std::string text = in_.substr(at_, open - at_);
      strip_before(text, before, true);
      if (!text.empty()) add(Kind::kText, std::move(text));
      advance(after - at_);
      end_of_tag(sign, true);
      return true;
    }
    fail("Missing end of raw directive");
  }

  void tag(bool output) {
    add(output ? Kind::kOutputBegin : Kind::kBlockBegin, "");
    std::string brackets;
    while (true) {
      skip_spaces();
      if (at_ >= in_.size()) return;  // the parser says what is missing
      if (brackets.empty() && tag_end(output)) return;
      token(brackets);
    }
  }

  bool tag_end(bool output) {
    const string_view end = output ? "}}" : "%}";
    const char sign = peek() == '-' || (peek() == '+' && !output) ? peek() : '\0';
    if (string_view(in_).substr(at_ + (sign != '\0'), 2) != end) return false;
    add(output ? Kind::kOutputEnd : Kind::kBlockEnd, "");
    advance(sign != '\0' ? 3 : 2);
    end_of_tag(sign, !output);
    return true;
  }

  void token(std::string& brackets) {
    const char c = peek();
    if (digit(c)) return number();
    if (name_start(c)) return name();
    if (c == '"' || c == '\'') return string();
    static constexpr string_view kOperators[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                                 "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                 ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};
    const auto op = std::find_if(std::begin(kOperators), std::end(kOperators),
                                 [&](string_view o) { return next_is(o); });
    if (op == std::end(kOperators))
      fail("unexpected char " + python_repr(string_view(&in_[at_], 1)));
    if (c == '(' || c == '[' || c == '{') brackets += c == '(' ? ')' : c == '[' ? ']' : '}';
    if (c == ')' || c == ']' || c == '}') {
      if (brackets.empty()) fail(std::string("unexpected '") + c + "'");
      if (brackets.back() != c)
        fail(std::string("unexpected '") + c + "', expected '" + brackets.back() + "'");
      brackets.pop_back();
    }
    add(Kind::kOperator, std::string(*op));
    advance(op->size());
  }

  void name() {
    size_t n = 1;
    while (name_start(peek(n)) || digit(peek(n))) ++n;
    add(Kind::kName, in_.substr(at_, n));
    advance(n);
  }

  /// Digits with single underscores between them, from `ahead`; the length.
  size_t digit_run(size_t ahead) const {
    size_t n = ahead;
    while (digit(peek(n)) || (peek(n) == '_' && n > ahead && digit(peek(n + 1)))) ++n;
    return n - ahead;
  }

  void number() {
    if (peek() == '0' && radix_number()) return;
    size_t n = digit_run(0);
    bool real = false;
    if (peek(n) == '.' && digit(peek(n + 1))) {
      n += 1 + digit_run(n + 1);
      real = true;
    }
    if (peek(n) == 'e' || peek(n) == 'E') {
      const size_t sign = peek(n + 1) == '+' || peek(n + 1) == '-';
      if (digit(peek(n + 1 + sign))) {
        n += 1 + sign + digit_run(n + 1 + sign);
        real = true;
      }
    }
    // After a dot, "1.2" is two integers: a.1.2 reads items.
    if (real && !out_.empty() && out_.back().is_operator(".")) {
      real = false;
      n = digit_run(0);
    }
    if (!real && peek() == '0') {  // 0, 00: zeros only; 012 is 0 and then 12
      n = 1;
      while (peek(n) == '0' || (peek(n) == '_' && peek(n + 1) == '0')) ++n;
    }
    add_number(real ? Kind::kFloat : Kind::kInteger, n);
  }

  void add_number(Kind kind, size_t n) {
    std::string text = in_.substr(at_, n);
    text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
    add(kind, std::move(text));
    advance(n);
  }

  bool radix_number() {
    const char mark = static_cast<char>(peek(1) | 32);
    const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (base == 0) return false;
    size_t n = 2;
    const auto fits = [&](char c) {
      const char low = static_cast<char>(c | 32);
      return (digit(c) && c - '0' < base) || (base == 16 && low >= 'a' && low <= 'f');
    };
    while (fits(peek(n)) || (peek(n) == '_' && fits(peek(n + 1)))) ++n;
    if (n == 2) return false;
    add_number(Kind::kInteger, n);
    return true;
  }

  void string() {
    const char quote = peek();
    size_t n = 1;
    while (at_ + n < in_.size() && peek(n) != quote) n += peek(n) == '\\' ? 2 : 1;
    if (at_ + n >= in_.size()) fail(std::string("unexpected char '") + quote + "'");
    const int line = line_;
    std::string value = unescape(string_view(in_).substr(at_ + 1, n - 1));
    advance(n + 1);
    out_.push_back({Kind::kString, line, std::move(value)});
  }

  std::string unescape(string_view text) const {
    std::string out;
    for (size_t i = 0; i < text.size();) {
      if (text[i] != '\\') {
        out += text[i++];
      } else {
        escape(text, i, out);
      }
    }
    return out;
  }

  /// One escape of a Python string at text[i].
  void escape(string_view text, size_t& i, std::string& out) const {
    static constexpr string_view kLetters = "abfnrtv\\'\"", kMeaning = "\a\b\f\n\r\t\v\\'\"";
    const char c = text[i + 1];
    const size_t which = kLetters.find(c);
    if (which != kNone) {
      out += kMeaning[which];
      i += 2;
    } else if (c == '\n') {
      i += 2;
    } else if (c == 'x' || c == 'u' || c == 'U') {
      coded(text, i, 2, c == 'x' ? 2 : c == 'u' ? 4 : 8, 16, out);
    } else if (c >= '0' && c <= '7') {
      size_t n = 1;
      while (n < 3 && i + 1 + n < text.size() && text[i + 1 + n] >= '0' && text[i + 1 + n] <= '7')
        ++n;
      coded(text, i, 1, n, 8, out);
    } else if (c == 'N') {
      i += 2;
      const auto named = python_read_named_character(text, i);
      if (!named) fail("\\N wants {NAME} with a name that Unicode has");
      utf8_append(out, *named);
    } else {
      out += '\\';  // an unknown escape stays as it is
      ++i;
    }
  }

  void coded(string_view text, size_t& i, size_t skip, size_t digits, int base,
             std::string& out) const {
    char32_t value = 0;
    for (size_t k = 0; k < digits; ++k) {
      const char c = i + skip + k < text.size() ? text[i + skip + k] : '?';
      const char low = static_cast<char>(c | 32);
      const int d = digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : 99;
      if (d >= base) fail("truncated escape in a string");
      value = value * static_cast<char32_t>(base) + static_cast<char32_t>(d);
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
      fail("an escape that names no character");
    utf8_append(out, value);
    i += skip + digits;
  }

  std::string in_;
  const std::string& origin_;
  const JinjaTemplate::Options& options_;
  std::vector<JinjaToken> out_;
  size_t at_ = 0;
  int line_ = 1;
  bool line_starting_ = true;  // the last tag ended a line: lstrip_blocks asks
};

}  // namespace

void throw_jinja_syntax(const std::string& origin, int line, const std::string& what) {
  throw PyError("TemplateSyntaxError",
                origin + ":" + std::to_string(line) + ": TemplateSyntaxError: " + what);
}

std::vector<JinjaToken> lex_jinja(string_view source, const std::string& origin,
                                  const JinjaTemplate::Options& options) {
  if (!utf8_valid(source)) throw_jinja_syntax(origin, 1, "a template that is not UTF-8");
  return Lexer(normalized(source), origin, options).run();
}

}  // namespace flm
