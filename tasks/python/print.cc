// str() and repr() of values, and numbers read from text.
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/documents/json.h"
#include "base/text/utf8.h"
#include "tasks/python/text.h"
#include "tasks/python/value.h"

namespace flm {
namespace {

constexpr int kMostPrinted = 500;
constexpr size_t kMaxText =
    256 << 20;  // bytes: a value that shares its parts can print without end

void print(const PyValue& value, std::string& out, int depth);

void print_items(const PyList& items, std::string& out, int depth) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ", ";
    print(items[i], out, depth + 1);
  }
}

void print_dict(const PyDict& dict, std::string& out, int depth) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : dict) {
    if (!first) out += ", ";
    first = false;
    print(key, out, depth + 1);
    out += ": ";
    print(value, out, depth + 1);
  }
  out += '}';
}

/// "range(0, 3)", "dict_items([('a', 1)])".
void print_view(const PyValue& value, std::string& out, int depth) {
  const PyView& view = value.view();
  out += value.type_name() + '(';
  if (view.form == PyView::Form::kRange) {
    out += python_int_str(view.start) + ", " + python_int_str(view.stop);
    if (view.step != 1) out += ", " + python_int_str(view.step);
  } else {
    out += '[';
    print_items(view.elements, out, depth);
    out += ']';
  }
  out += ')';
}

void print(const PyValue& value, std::string& out, int depth) {
  if (depth > kMostPrinted || out.size() > kMaxText) {
    throw PyError("RecursionError", "a value nests too deeply or is too long to print");
  }
  switch (value.kind()) {
    case PyValue::Kind::kUndefined:
      out += "Undefined";  // inside a list even a strict one prints, as in Jinja
      break;
    case PyValue::Kind::kNone:
      out += "None";
      break;
    case PyValue::Kind::kBool:
      out += value.as_bool() ? "True" : "False";
      break;
    case PyValue::Kind::kInt:
      out += python_int_str(value.as_big_int());
      break;
    case PyValue::Kind::kFloat:
      out += python_float_repr(value.as_float());
      break;
    case PyValue::Kind::kString:
      out += value.is_safe() ? "Markup(" + python_repr(value.as_string()) + ")"
                             : python_repr(value.as_string());
      break;
    case PyValue::Kind::kList:
      out += '[';
      print_items(value.items(), out, depth);
      out += ']';
      break;
    case PyValue::Kind::kTuple:
      out += '(';
      print_items(value.items(), out, depth);
      out += value.items().size() == 1 ? ",)" : ")";
      break;
    case PyValue::Kind::kDict:
      print_dict(value.dict(), out, depth);
      break;
    case PyValue::Kind::kView:
      print_view(value, out, depth);
      break;
    case PyValue::Kind::kGenerator:  // Python prints an address here, which no task can want
      type_error("a " + value.type_name() + " cannot be printed; join it or make a list of it");
    default:  // likewise
      type_error("a " + value.type_name() + " cannot be printed; call it or name an attribute");
  }
}

/// Text of a number without white space around it and underscores between its digits (of `base`);
/// empty if misplaced.
std::string clean_number(std::string_view text, int base) {
  const std::string stripped = python_strip(text);
  std::string out;
  const auto digit = [&](size_t i) {
    const auto c = static_cast<unsigned char>(i < stripped.size() ? stripped[i] : ' ');
    return base > 10 ? std::isxdigit(c) : std::isdigit(c);
  };
  for (size_t i = 0; i < stripped.size(); ++i) {
    if (stripped[i] != '_') {
      out += stripped[i];
    } else if (i == 0 || !digit(i - 1) || !digit(i + 1)) {
      return "";
    }
  }
  return out;
}

/// Unicode decimal digits ("１２") as ASCII ones, as int() and float() read them.
std::string ascii_digits(std::string_view text) {
  std::string out;
  for (const char32_t c : utf8_decode(text)) {
    const std::string one = utf8_encode({&c, 1});
    if (c < 0x80 || python_decimal_value(c) < 0) {
      out += one;
    } else {
      out += static_cast<char>('0' + python_decimal_value(c));
    }
  }
  return out;
}

}  // namespace

std::string PyValue::str() const {
  if (is_string()) return as_string();
  if (is_lenient()) return "";
  if (is_undefined()) throw PyError("UndefinedError", undefined_message());
  return repr();
}

std::string PyValue::repr() const {
  std::string out;
  print(*this, out, 0);
  return out;
}

std::string python_int_str(PyInt value) {
  std::string out;
  unsigned __int128 rest =
      value < 0 ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  do {
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest > 0);
  return value < 0 ? "-" + out : out;
}

PyInt python_parse_int(std::string_view text, int base) {
  const std::string clean = ascii_digits(clean_number(text, base));
  const bool negative = !clean.empty() && clean[0] == '-';
  size_t at = !clean.empty() && (clean[0] == '-' || clean[0] == '+') ? 1 : 0;
  const char mark = base == 16 ? 'x' : base == 8 ? 'o' : 'b';
  const bool marked = base == 16 || base == 8 || base == 2;
  if (marked && clean.size() > at + 2 && clean[at] == '0' && (clean[at + 1] | 32) == mark) at += 2;
  PyInt value = 0;
  bool valid = at < clean.size();
  for (; valid && at < clean.size(); ++at) {
    int digit = 99;
    std::from_chars(clean.data() + at, clean.data() + at + 1, digit, 36);
    valid = digit < base;
    if (valid && (__builtin_mul_overflow(value, base, &value) ||
                  __builtin_add_overflow(value, negative ? -digit : digit, &value))) {
      throw PyError("OverflowError", "an integer beyond 128 bits: " + clean);
    }
  }
  if (!valid) {
    throw PyError("ValueError", "invalid literal for int() with base " + std::to_string(base) +
                                    ": " + python_repr(text));
  }
  return value;
}

double python_parse_float(std::string_view text) {
  std::string clean = ascii_digits(clean_number(text, 10));
  for (char& c : clean) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const size_t sign = !clean.empty() && (clean[0] == '-' || clean[0] == '+') ? 1 : 0;
  const std::string bare = clean.substr(sign);
  const double factor = sign && clean[0] == '-' ? -1 : 1;
  if (bare == "inf" || bare == "infinity") return factor * HUGE_VAL;
  if (bare == "nan") return std::nan("");
  char* end = nullptr;
  const double value = std::strtod(bare.c_str(), &end);
  const bool decimal =
      !bare.empty() && bare.find_first_not_of("0123456789.e+-") == std::string::npos;
  if (!decimal || bare[0] == '-' || bare[0] == '+' || end != bare.c_str() + bare.size()) {
    throw PyError("ValueError", "could not convert string to float: " + python_repr(text));
  }
  return factor * value;
}

}  // namespace flm
