// Methods of Python's str, on UTF-8. Positions and lengths count code points. Case rules come from
// ICU.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// string.punctuation
constexpr std::string_view kPythonPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// Without `chars`, white space (utf8_is_space) is stripped; otherwise all code points of `chars`.
std::string python_strip(std::string_view text,
                         std::optional<std::string_view> chars = std::nullopt);
std::string python_lstrip(std::string_view text,
                          std::optional<std::string_view> chars = std::nullopt);
std::string python_rstrip(std::string_view text,
                          std::optional<std::string_view> chars = std::nullopt);

std::string python_upper(std::string_view text);
std::string python_lower(std::string_view text);
std::string python_capitalize(std::string_view text);
std::string python_title(std::string_view text);
std::string python_swapcase(std::string_view text);
std::string python_casefold(std::string_view text);

/// Of each character that re.IGNORECASE does not tell from some others: all of them, it among them.
/// Two are alike whose lower cases (one character each) have one upper case (str.upper).
using PythonCases = std::map<char32_t, std::u32string>;
const PythonCases& python_regex_cases();

/// 0 to 9 for a decimal digit of any script, -1 for anything else.
int python_decimal_value(char32_t c);

/// part in text
inline bool python_contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool python_isspace(std::string_view text);
bool python_isdigit(std::string_view text);
bool python_isdecimal(std::string_view text);
bool python_isnumeric(std::string_view text);
bool python_isalpha(std::string_view text);
bool python_isalnum(std::string_view text);
bool python_islower(std::string_view text);
bool python_isupper(std::string_view text);
bool python_istitle(std::string_view text);

/// str.split() without a separator splits on white space and drops empty pieces. maxsplit < 0: no
/// limit.
std::vector<std::string> python_split(std::string_view text, std::int64_t maxsplit = -1);
std::vector<std::string> python_rsplit(std::string_view text, std::int64_t maxsplit = -1);
/// ValueError (PyError) on an empty separator.
std::vector<std::string> python_split(std::string_view text, std::string_view separator,
                                      std::int64_t maxsplit);
std::vector<std::string> python_rsplit(std::string_view text, std::string_view separator,
                                       std::int64_t maxsplit);
std::vector<std::string> python_splitlines(std::string_view text, bool keep_ends = false);

/// count < 0: all.
std::string python_replace(std::string_view text, std::string_view old, std::string_view with,
                           std::int64_t count = -1);
/// Code point index within text[start:end] semantics of str.find; -1 where absent.
std::int64_t python_find(std::string_view text, std::string_view what, std::int64_t start = 0,
                         std::int64_t end = INT64_MAX);
std::int64_t python_rfind(std::string_view text, std::string_view what, std::int64_t start = 0,
                          std::int64_t end = INT64_MAX);
std::int64_t python_count(std::string_view text, std::string_view what, std::int64_t start = 0,
                          std::int64_t end = INT64_MAX);
std::string python_join(std::string_view separator, const std::vector<std::string>& parts);
std::string python_zfill(std::string_view text, std::int64_t width);
/// text[start:stop] (step 1), with Python's clamping of negative and large positions.
std::string python_substring(std::string_view text, std::int64_t start,
                             std::int64_t stop = INT64_MAX);

/// repr(str): quotes and escapes as CPython 3.11 (Unicode 14) chooses them.
std::string python_repr(std::string_view text);
/// ascii(): what is not ASCII of a repr, escaped.
std::string python_ascii(std::string_view repr);

/// markupsafe.escape: & < > " ' as HTML entities.
std::string markup_escape(std::string_view text);

}  // namespace flm
