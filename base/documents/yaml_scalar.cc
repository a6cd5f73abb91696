#include "base/documents/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/errors.h"

namespace flm {
namespace {

using std::string_view;
constexpr string_view kDigits = "0123456789", kDigitsOr_ = "0123456789_";

bool one_of(string_view text, std::initializer_list<string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_true(string_view t) {
  return one_of(t, {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"});
}

bool is_false(string_view t) {
  return one_of(t, {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"});
}

bool is_null(string_view t) { return one_of(t, {"", "~", "null", "Null", "NULL"}); }

string_view without_sign(string_view t) {
  return t.substr(!t.empty() && (t[0] == '-' || t[0] == '+') ? 1 : 0);
}

/// Removes the longest prefix made of `set`; returns its length.
size_t skip(string_view& t, string_view set) {
  const size_t n = std::min(t.find_first_not_of(set), t.size());
  t.remove_prefix(n);
  return n;
}

bool only(string_view t, string_view set) {
  return !t.empty() && t.find_first_not_of(set) == string_view::npos;
}

/// Removes (:[0-5]?[0-9])+ ; false where there is none.
bool skip_sexagesimal(string_view& t) {
  bool any = false;
  while (t.size() >= 2 && t[0] == ':' && kDigits.find(t[1]) != string_view::npos) {
    const bool two = t.size() >= 3 && t[1] <= '5' && kDigits.find(t[2]) != string_view::npos;
    t.remove_prefix(two ? 3 : 2);
    any = true;
  }
  return any;
}

bool is_integer(string_view t) {
  t = without_sign(t);
  if (t == "0") return true;
  if (t.substr(0, 2) == "0b") return only(t.substr(2), "01_");
  if (t.substr(0, 2) == "0x") return only(t.substr(2), "0123456789abcdefABCDEF_");
  if (!t.empty() && t[0] == '0') return only(t.substr(1), "01234567_");
  if (t.empty() || kDigits.find(t[0]) == string_view::npos) return false;
  skip(t, kDigitsOr_);
  return t.empty() || (skip_sexagesimal(t) && t.empty());
}

bool is_exponent_or_end(string_view t) {
  if (t.empty()) return true;
  return t.size() >= 3 && (t[0] == 'e' || t[0] == 'E') && (t[1] == '+' || t[1] == '-') &&
         only(t.substr(2), kDigits);
}

bool is_real(string_view t) {
  if (one_of(t, {".nan", ".NaN", ".NAN"})) return true;
  const string_view bare = without_sign(t);
  if (one_of(bare, {".inf", ".Inf", ".INF"})) return true;
  if (bare.empty()) return false;
  if (bare[0] == '.') {  // no sign is allowed before the point
    t.remove_prefix(1);
    if (bare.size() != t.size() + 1 || t.empty() || kDigits.find(t[0]) == string_view::npos)
      return false;
    skip(t, kDigitsOr_);
    return is_exponent_or_end(t);
  }
  if (kDigits.find(bare[0]) == string_view::npos) return false;
  t = bare;
  skip(t, kDigitsOr_);
  const bool sixty = skip_sexagesimal(t);
  if (t.empty() || t[0] != '.') return false;
  t.remove_prefix(1);
  skip(t, kDigitsOr_);
  return sixty ? t.empty() : is_exponent_or_end(t);
}

bool is_timestamp(string_view t) {
  const auto digits = [&](size_t from, size_t n) { return only(t.substr(from, n), kDigits); };
  if (t.size() < 8 || !digits(0, 4) || t[4] != '-') return false;
  if (t.size() == 10 && digits(5, 2) && t[7] == '-' && digits(8, 2)) return true;
  // A date with a time: anything of that beginning that holds a clock.
  return t.find_first_not_of("0123456789-:. \tTtZ+") == string_view::npos &&
         std::count(t.begin(), t.end(), ':') >= 2;
}

std::string without_underscores(string_view t) {
  std::string out(t);
  out.erase(std::remove(out.begin(), out.end(), '_'), out.end());
  return out;
}

long long parse_digits(string_view digits, int base, bool negative, string_view whole) {
  const std::string text = (negative ? "-" : "") + std::string(digits);
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error == std::errc::result_out_of_range) {
    throw UserError("an integer beyond 64 bits: quote it: " + std::string(whole));
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    throw UserError("not an integer: quote it: " + std::string(whole));
  }
  return value;
}

long long parse_integer(string_view written) {
  const std::string clean = without_underscores(written);
  const bool negative = !clean.empty() && clean[0] == '-';
  const string_view t = without_sign(clean);
  if (t == "0") return 0;
  if (t.substr(0, 2) == "0b") return parse_digits(t.substr(2), 2, negative, written);
  if (t.substr(0, 2) == "0x") return parse_digits(t.substr(2), 16, negative, written);
  if (!t.empty() && t[0] == '0') return parse_digits(t, 8, negative, written);
  long long value = 0;
  for (string_view rest = t;;) {
    const size_t colon = rest.find(':');
    const long long part = parse_digits(rest.substr(0, colon), 10, negative, written);
    if (__builtin_mul_overflow(value, 60, &value) || __builtin_add_overflow(value, part, &value)) {
      throw UserError("an integer beyond 64 bits: quote it: " + std::string(written));
    }
    if (colon == string_view::npos) return value;
    rest.remove_prefix(colon + 1);
  }
}

double parse_plain_real(const std::string& text, string_view whole) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool decimal = text.find_first_not_of("0123456789.eE+-") == std::string::npos;
  if (text.empty() || !decimal || end != text.c_str() + text.size()) {
    throw UserError("not a number: quote it: " + std::string(whole));
  }
  return value;
}

double parse_real(string_view written) {
  std::string clean = without_underscores(written);
  for (char& c : clean) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const double sign = !clean.empty() && clean[0] == '-' ? -1 : 1;
  const std::string t(without_sign(clean));
  if (t == ".inf") return sign * HUGE_VAL;
  if (t == ".nan") return std::nan("");
  double value = 0, base = 1;  // least significant part first, the order PyYAML adds in
  for (size_t end = t.size();;) {
    const size_t colon = end == 0 ? std::string::npos : t.rfind(':', end - 1);
    const size_t start = colon + 1;  // npos + 1 is 0
    value += parse_plain_real(t.substr(start, end - start), written) * base;
    if (colon == std::string::npos) return sign * value;
    base *= 60;
    end = colon;
  }
}

void set_bool(string_view text, YamlNode& node) {
  node.kind = YamlNode::Kind::kBool;
  node.boolean = is_true(text);
}

void set_integer(string_view text, YamlNode& node) {
  node.integer = parse_integer(text);
  node.kind = YamlNode::Kind::kInt;
}

void set_real(string_view text, YamlNode& node) {
  node.real = parse_real(text);
  node.kind = YamlNode::Kind::kFloat;
}

}  // namespace

void resolve_plain_scalar(string_view text, YamlNode& node) {
  node.text = text;
  node.kind = YamlNode::Kind::kString;
  if (is_true(text) || is_false(text)) {
    set_bool(text, node);
  } else if (is_real(text)) {
    set_real(text, node);
  } else if (is_integer(text)) {
    set_integer(text, node);
  } else if (is_null(text)) {
    node.kind = YamlNode::Kind::kNull;
  } else if (is_timestamp(text)) {
    throw UserError("a date, which no key takes: quote it: " + std::string(text));
  } else if (text == "<<") {
    throw UserError("'<<' where no map is merged: quote it: <<");
  } else if (text == "=") {
    throw UserError("a plain '=', which YAML 1.1 reserves: quote it: " + std::string(text));
  }
}

void resolve_tagged_scalar(string_view type, string_view text, YamlNode& node) {
  node.text = text;
  if (type == "str") {
    node.kind = YamlNode::Kind::kString;
  } else if (type == "null") {
    node.kind = YamlNode::Kind::kNull;
  } else if (type == "int") {
    set_integer(text, node);
  } else if (type == "float") {
    set_real(text, node);
  } else if (type == "bool") {
    std::string lower(text);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (!is_true(lower) && !is_false(lower)) throw UserError("not a boolean: " + std::string(text));
    set_bool(lower, node);
  } else {
    throw UserError("a tag that is not supported: remove !!" + std::string(type));
  }
}

}  // namespace flm
