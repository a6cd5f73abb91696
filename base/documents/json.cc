// A recursive-descent reader. Hand-written rather than nlohmann's parser, because
// that one keeps the last of duplicate keys silently, refuses NaN and turns large integers into
// floats.
#include "base/documents/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "base/documents/foreign_json.h"
#include "base/documents/nesting.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "base/text/utf8.h"

namespace flm {
namespace {

/// What a reader takes that is no strict JSON, and what it does not take.
struct Dialect {
  bool rounds_large_integers = false;  // beyond 64 bits, to a double
  bool keeps_last_of_keys = false;     // that stand twice in an object
  bool drops_half_surrogates = false;
  bool refuses_large_fractions = false;  // beyond a double
};

Dialect dialect_of(JsonReader reader) {
  Dialect out;
  out.rounds_large_integers = reader != JsonReader::kPandas;
  out.keeps_last_of_keys = out.drops_half_surrogates = reader == JsonReader::kPandas;
  out.refuses_large_fractions = reader == JsonReader::kArrow;
  return out;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& origin, Dialect dialect, int lines_before = 0)
      : text_(text), origin_(origin), dialect_(dialect), lines_before_(lines_before) {}

  Json document() {
    check_encoding();
    Json value = parse_value(0);
    skip_space();
    if (at_ < text_.size()) fail("text after the end of the JSON value");
    return value;
  }

  std::vector<JsonAt> sequence() {
    check_encoding();
    std::vector<JsonAt> out;
    int line = 1 + lines_before_;
    for (size_t counted = 0;;) {
      skip_space();
      if (at_ >= text_.size()) return out;
      const std::string_view passed = text_.substr(counted, at_ - counted);
      line += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
      counted = at_;
      out.push_back({line, parse_value(0)});
    }
  }

 private:
  void check_encoding() const {
    if (!utf8_valid(text_)) fail_utf8();
    if (text_.substr(0, 3) == "\xEF\xBB\xBF")
      fail("a byte order mark; save the file as UTF-8 without one");
  }

  [[noreturn]] void fail(const std::string& what) const { fail_at(at_, what); }

  [[noreturn]] void fail_at(size_t offset, const std::string& what) const {
    const std::string_view before = text_.substr(0, offset);
    const auto line = 1 + lines_before_ + std::count(before.begin(), before.end(), '\n');
    const size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    const size_t column = 1 + utf8_length(before.substr(start));
    throw UserError(origin_ + ":" + std::to_string(line) + ":" + std::to_string(column) +
                    ": invalid JSON: " + what);
  }

  [[noreturn]] void fail_utf8() const {
    size_t good = 0;
    for (size_t n = 1; n <= 4 && good < text_.size();) {
      const bool whole = utf8_valid(text_.substr(good, n));
      good += whole ? n : 0;
      n = whole ? 1 : n + 1;
    }
    fail_at(good, "bytes that are not UTF-8");
  }

  void skip_space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool accept(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Json parse_value(int depth) {
    skip_space();
    if (at_ >= text_.size()) fail("the text ends where a value is expected");
    if (depth >= kMaxDepth) fail("nesting beyond " + std::to_string(kMaxDepth) + " levels");
    switch (text_[at_]) {
      case '{':
        return parse_object(depth);
      case '[':
        return parse_array(depth);
      case '"':
        return parse_string();
      default:
        return parse_word();
    }
  }

  Json parse_word() {
    if (accept("null")) return nullptr;
    if (accept("true")) return true;
    if (accept("false")) return false;
    if (accept("NaN")) return std::nan("");
    if (accept("Infinity")) return HUGE_VAL;
    if (accept("-Infinity")) return -HUGE_VAL;
    return parse_number();
  }

  Json parse_object(int depth) {
    Json out = Json::object();
    // ordered_map looks keys up linearly, which a vocabulary of 150,000 keys cannot afford: append
    // to the vector beneath it and find duplicates with a set.
    std::vector<std::pair<const std::string, Json>>& entries = out.get_ref<Json::object_t&>();
    std::unordered_set<std::string> seen;
    ++at_;
    skip_space();
    if (accept("}")) return out;
    while (true) {
      skip_space();
      const size_t key_at = at_;
      if (at_ >= text_.size() || text_[at_] != '"') fail("a key in double quotes is expected");
      std::string key = parse_string();
      const bool first = seen.insert(key).second;
      if (!first && !dialect_.keeps_last_of_keys)
        fail_at(key_at, "duplicate key \"" + key + "\"; keep one");
      skip_space();
      if (!accept(":")) fail("':' is expected after a key");
      Json value = parse_value(depth + 1);
      if (first)
        entries.emplace_back(std::move(key), std::move(value));
      else
        out[key] = std::move(value);
      skip_space();
      if (accept("}")) return out;
      if (!accept(",")) fail("',' or '}' is expected");
    }
  }

  Json parse_array(int depth) {
    Json out = Json::array();
    ++at_;
    skip_space();
    if (accept("]")) return out;
    while (true) {
      out.push_back(parse_value(depth + 1));
      skip_space();
      if (accept("]")) return out;
      if (!accept(",")) fail("',' or ']' is expected");
    }
  }

  std::string parse_string() {
    std::string out;
    const size_t start = at_++;
    while (true) {
      if (at_ >= text_.size()) fail_at(start, "a string that does not end");
      const char c = text_[at_];
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20)
        fail("a control character inside a string; escape it");
      if (c == '\\') {
        parse_escape(out);
      } else {
        out += c;
        ++at_;
      }
    }
    ++at_;
    return out;
  }

  void parse_escape(std::string& out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeaning = "\"\\/\b\f\n\r\t";
    const size_t start = at_++;
    if (at_ < text_.size() && text_[at_] == 'u') return parse_unicode_escape(out, start);
    const size_t which = at_ < text_.size() ? kLetters.find(text_[at_]) : std::string_view::npos;
    if (which == std::string_view::npos) fail_at(start, "an unknown escape");
    out += kMeaning[which];
    ++at_;
  }

  void parse_unicode_escape(std::string& out, size_t start) {
    char32_t c = hex4();
    if (c >= 0xD800 && c < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      ++at_;
      const char32_t low = hex4();
      if (low >= 0xDC00 && low < 0xE000) c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    if (c >= 0xD800 && c < 0xE000) {
      if (dialect_.drops_half_surrogates) return;
      fail_at(start, "half of a surrogate pair, which is no character; remove it");
    }
    utf8_append(out, c);
  }

  /// Reads "uXXXX" at the cursor.
  char32_t hex4() {
    unsigned value = 0;
    const char* first = text_.data() + at_ + 1;
    const bool enough = at_ + 5 <= text_.size();
    if (!enough || std::from_chars(first, first + 4, value, 16).ptr != first + 4) {
      fail("\\u needs four hexadecimal digits");
    }
    at_ += 5;
    return value;
  }

  size_t digits(size_t from) const {
    size_t end = from;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    return end;
  }

  Json parse_number() {
    const size_t start = at_;
    size_t end = start + (text_[start] == '-');
    const size_t whole = end;
    end = digits(whole);
    if (end == whole) fail("a value is expected");
    if (end > whole + 1 && text_[whole] == '0') fail("a number that starts with 0");
    bool real = false;
    if (end < text_.size() && text_[end] == '.') {
      if (digits(end + 1) == end + 1) fail("digits are expected after the decimal point");
      end = digits(end + 1);
      real = true;
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      size_t power = end + 1;
      if (power < text_.size() && (text_[power] == '+' || text_[power] == '-')) ++power;
      if (digits(power) == power) fail("digits are expected in the exponent");
      end = digits(power);
      real = true;
    }
    at_ = end;
    const std::string_view number = text_.substr(start, end - start);
    return real ? parse_real(number, start) : parse_integer(number, start);
  }

  Json parse_real(std::string_view number, size_t start) const {
    double value = 0;
    const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
    // Out of range: strtod gives infinity or zero, as Python's float() does.
    if (result.ec != std::errc()) value = std::strtod(std::string(number).c_str(), nullptr);
    if (std::isinf(value) && dialect_.refuses_large_fractions)
      fail_at(start,
              "a number beyond a double (" + std::string(number) + "); write it as a string");
    return value;
  }

  Json parse_integer(std::string_view number, size_t start) const {
    int64_t small = 0;
    uint64_t large = 0;
    const char* end = number.data() + number.size();
    if (std::from_chars(number.data(), end, small).ec == std::errc()) return small;
    if (std::from_chars(number.data(), end, large).ec == std::errc()) return large;
    if (dialect_.rounds_large_integers) return parse_real(number, start);
    fail_at(start, "an integer beyond 64 bits (" + std::string(number) + "); write it as a string");
  }

  std::string_view text_;
  const std::string& origin_;
  const Dialect dialect_;
  const int lines_before_;
  size_t at_ = 0;
};

}  // namespace

Json parse_json(std::string_view text, const std::string& origin) {
  return Parser(text, origin, {}).document();
}

Json parse_foreign_json(std::string_view text, const std::string& origin, JsonReader reader) {
  return Parser(text, origin, dialect_of(reader)).document();
}

std::vector<JsonAt> parse_json_sequence(std::string_view text, const std::string& origin,
                                        JsonReader reader, int lines_before) {
  return Parser(text, origin, dialect_of(reader), lines_before).sequence();
}

Json read_foreign_json_file(const std::string& path) {
  return parse_foreign_json(read_regular_file(path), path);
}

Json read_json_file(const std::string& path) { return parse_json(read_file(path), path); }

}  // namespace flm
