#include "tasks/jinja/filters/html_entities.h"

#include <algorithm>
#include <map>

#include "base/text/utf8.h"
#include "tasks/python/regex.h"
#include "tasks/python/value.h"

namespace flm {
namespace {

/// Names of U+00A0 to U+00FF in order.
constexpr std::string_view kLatin[] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",
    "copy",   "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn",
    "sup2",   "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",
    "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde",
    "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave",
    "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde",
    "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",
    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

/// What browsers make of &#128; to &#159;: Windows-1252; 0 where that has no character.
constexpr char32_t kWindows1252[32] = {
    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};

const std::map<std::string, char32_t, std::less<>>& names() {
  static const std::map<std::string, char32_t, std::less<>> table = [] {
    std::map<std::string, char32_t, std::less<>> out = {
        {"amp", '&'}, {"AMP", '&'},  {"lt", '<'},   {"LT", '<'},    {"gt", '>'},
        {"GT", '>'},  {"quot", '"'}, {"QUOT", '"'}, {"COPY", 0xa9}, {"REG", 0xae}};
    char32_t code = 0xa0;
    for (const std::string_view name : kLatin) out[std::string(name)] = code++;
    return out;
  }();
  return table;
}

std::string one(char32_t code) { return utf8_encode(std::u32string(1, code)); }

bool is_no_character(char32_t c) {
  return (c >= 1 && c <= 8) || c == 0xb || (c >= 0xe && c <= 0x1f) || (c >= 0x7f && c <= 0x9f) ||
         (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

std::string numeric(std::string_view reference) {
  const bool hex = reference[1] == 'x' || reference[1] == 'X';
  char32_t code = 0;
  for (const char digit : reference.substr(hex ? 2 : 1)) {
    if (digit == ';') break;
    const int value = digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10;
    code = std::min<char32_t>(code * (hex ? 16 : 10) + static_cast<char32_t>(value), 0x110000);
  }
  if (code >= 0x80 && code <= 0x9f) return one(kWindows1252[code - 0x80]);
  if (code == 0 || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return one(0xfffd);
  return is_no_character(code) ? "" : one(code);
}

std::string named(const std::string& reference) {
  const bool closed = reference.back() == ';';
  const std::string name = closed ? reference.substr(0, reference.size() - 1) : reference;
  const auto found = names().find(name);
  if (found != names().end()) return one(found->second);
  if (closed && name == "apos") return "'";
  const bool word = std::all_of(name.begin(), name.end(),
                                [](unsigned char c) { return c < 128 && std::isalnum(c); });
  if (closed && word)
    throw PyError("NotImplementedError", "the character reference &" + reference +
                                             " is not known here; write the character");
  for (std::size_t length = reference.size() - 1; length > 1; --length) {
    const auto prefix = names().find(std::string_view(reference).substr(0, length));
    if (prefix != names().end()) return one(prefix->second) + reference.substr(length);
  }
  return "&" + reference;
}

}  // namespace

std::string html_unescape(std::string_view text) {
  static const PythonRegex reference =
      PythonRegex::compile(R"(&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?))");
  std::string out;
  std::size_t at = 0;
  for (const PythonRegex::Match& match : reference.finditer(text)) {
    const std::string& what = *match.groups[1];
    out += text.substr(at, match.start - at);
    out += what[0] == '#' ? numeric(what) : named(what);
    at = match.end;
  }
  return out.append(text.substr(at));
}

}  // namespace flm
