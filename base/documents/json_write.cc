// One JSON writer with the styles of Python's json.dumps and of our own files.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/text/printable.h"
#include "base/text/utf8.h"

namespace flm {
namespace {

/// Bytes beyond ASCII as \\xff.
std::string in_escapes(const std::string& text) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : text) {
    if (c < 0x80)
      out += static_cast<char>(c);
    else
      out += {'\\', 'x', kDigits[c >> 4], kDigits[c & 15]};
  }
  return printable(out);
}

class Writer {
 public:
  std::string item_separator, key_separator;
  int indent = -1;
  bool ensure_ascii = false;
  bool strict = false;  // NaN and infinities become null

  void write(const Json& value, int depth) {
    if (value.is_object()) return write_object(value.get_ref<const Json::object_t&>(), depth);
    if (value.is_array()) return write_array(value, depth);
    if (value.is_string()) return write_string(value.get_ref<const std::string&>());
    if (value.is_number_float()) return write_real(value.get<double>());
    if (value.is_number_unsigned()) return write_integer(value.get<std::uint64_t>());
    if (value.is_number_integer()) return write_integer(value.get<std::int64_t>());
    FLM_CHECK(!value.is_binary() && !value.is_discarded(), "JSON value without a text form");
    out += value.dump();  // null and booleans read alike everywhere
  }

  void write_string(const std::string& text) {
    if (!utf8_valid(text))
      throw UserError(
          "a string that is not UTF-8 cannot stand in JSON; where it is a path, give that "
          "another name: " +
          in_escapes(text));
    out += '"';
    if (ensure_ascii) {
      for (const char32_t c : utf8_decode(text)) write_ascii(c);
    } else {
      write_bytes(text);
    }
    out += '"';
  }

  std::string out;

 private:
  void new_line(int depth) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<size_t>(indent) * depth, ' ');
  }

  void write_object(const Json::object_t& object, int depth) {
    bool first = true;
    out += '{';
    for (const auto& [key, value] : object) {
      if (!first) out += item_separator;
      first = false;
      new_line(depth + 1);
      write_string(key);
      out += key_separator;
      write(value, depth + 1);
    }
    if (!first) new_line(depth);
    out += '}';
  }

  void write_array(const Json& array, int depth) {
    bool first = true;
    out += '[';
    for (const Json& value : array) {
      if (!first) out += item_separator;
      first = false;
      new_line(depth + 1);
      write(value, depth + 1);
    }
    if (!first) new_line(depth);
    out += ']';
  }

  template <typename Integer>
  void write_integer(Integer value) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }

  void write_real(double value) {
    if (std::isfinite(value)) {
      out += python_float_repr(value);
    } else if (strict) {
      out += "null";
    } else {
      out += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    }
  }

  /// What needs no escape goes over in one piece.
  void write_bytes(std::string_view text) {
    const auto escaped = [](char c) {
      return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
    };
    for (auto at = text.begin(); at != text.end();) {
      const auto special = std::find_if(at, text.end(), escaped);
      out.append(at, special);
      at = special;
      if (at != text.end()) write_byte(*at++);
    }
  }

  void write_byte(char c) {
    static constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
    const size_t which = kSpecial.find(c);
    if (which != std::string_view::npos) {
      out += '\\';
      out += kLetters[which];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      write_hex(static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }

  void write_ascii(char32_t c) {
    if (c < 0x7F) return write_byte(static_cast<char>(c));
    if (c < 0x10000) return write_hex(c);
    write_hex(0xD800 + ((c - 0x10000) >> 10));
    write_hex(0xDC00 + ((c - 0x10000) & 0x3FF));
  }

  void write_hex(char32_t c) {
    static constexpr char kDigits[] = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(c >> shift) & 15];
  }
};

}  // namespace

std::string python_json_dumps(const Json& value, int indent, bool ensure_ascii) {
  Writer writer;
  writer.item_separator = indent < 0 ? ", " : ",";
  writer.key_separator = ": ";
  writer.indent = indent;
  writer.ensure_ascii = ensure_ascii;
  writer.write(value, 0);
  return std::move(writer.out);
}

std::string compact_json(const Json& value) {
  Writer writer;
  writer.item_separator = ",";
  writer.key_separator = ":";
  writer.strict = true;
  writer.write(value, 0);
  return std::move(writer.out);
}

void append_json_string(std::string& line, const std::string& text) {
  Writer writer;
  writer.out.swap(line);
  writer.write_string(text);
  writer.out.swap(line);
}

std::string python_float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string text(buffer, end);
  const size_t e = text.find('e');
  const int power = std::atoi(text.c_str() + e + 1);
  if (power < -4 || power >= 16) return text;  // d.ddde+XX is already Python's form
  const std::string sign = text[0] == '-' ? "-" : "";
  std::string digits = text.substr(sign.size(), e - sign.size());
  if (digits.size() > 1) digits.erase(1, 1);
  if (power < 0) return sign + "0." + std::string(-power - 1, '0') + digits;
  const size_t whole = static_cast<size_t>(power) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace flm
