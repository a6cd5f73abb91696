#include "tasks/native/number_words.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tasks/python/text.h"

namespace flm {
namespace {

const std::map<std::string, std::int64_t>& word_values() {
  static const std::map<std::string, std::int64_t> values = [] {
    std::map<std::string, std::int64_t> all = {
        {"hundred", 100}, {"thousand", 1000}, {"million", 1000000}, {"billion", 1000000000}};
    const char* small[] = {"zero",    "one",     "two",       "three",    "four",
                           "five",    "six",     "seven",     "eight",    "nine",
                           "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                           "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    for (int i = 0; i < 20; ++i) all[small[i]] = i;
    const char* tens[] = {"twenty", "thirty",  "forty",  "fifty",
                          "sixty",  "seventy", "eighty", "ninety"};
    for (int i = 0; i < 8; ++i) all[tens[i]] = 20 + 10 * i;
    return all;
  }();
  return values;
}

/// Below a thousand: by the number of words, as the package counts.
std::optional<std::int64_t> small_number(std::span<const std::int64_t> n) {
  if (n.empty()) return std::nullopt;
  if (n.size() == 4) return n[0] * n[1] + n[2] + n[3];
  if (n.size() == 3) return n[0] * n[1] + n[2];
  if (n.size() == 2) return n[0] == 100 || n[1] == 100 ? n[0] * n[1] : n[0] + n[1];
  return n[0];
}

constexpr std::int64_t kScales[] = {1000000000, 1000000, 1000};

/// What follows the smallest scale that is not the last word.
std::optional<std::int64_t> rest(std::span<const std::int64_t> n, const std::int64_t (&place)[3]) {
  const auto last = static_cast<std::int64_t>(n.size()) - 1;
  if (place[0] < 0 && place[1] < 0 && place[2] < 0) return small_number(n);
  for (int s = 2; s >= 0; --s) {
    if (place[s] >= 0 && place[s] != last)
      return small_number(n.subspan(static_cast<std::size_t>(place[s]) + 1));
  }
  return 0;
}

}  // namespace

std::optional<std::int64_t> number_from_words(std::string_view text) {
  std::vector<std::int64_t> n;
  for (const std::string& word : python_split(python_lower(python_replace(text, "-", " ")))) {
    const auto found = word_values().find(word);
    if (found != word_values().end()) n.push_back(found->second);
  }
  if (n.empty()) return std::nullopt;
  std::int64_t place[3];
  for (int s = 0; s < 3; ++s) {
    if (std::count(n.begin(), n.end(), kScales[s]) > 1) return std::nullopt;
    const auto at = std::find(n.begin(), n.end(), kScales[s]);
    place[s] = at == n.end() ? -1 : at - n.begin();
  }
  const bool disordered = (place[2] >= 0 && (place[2] < place[1] || place[2] < place[0])) ||
                          (place[1] >= 0 && place[1] < place[0]);
  if (disordered) return std::nullopt;
  if (n.size() == 1) return n[0];
  std::int64_t total = 0, begin = 0;
  for (int s = 0; s < 3; ++s) {
    if (place[s] < 0) continue;
    const auto part = small_number(std::span(n).subspan(
        static_cast<std::size_t>(begin), static_cast<std::size_t>(place[s] - begin)));
    if (!part) return std::nullopt;
    total += *part * kScales[s];
    begin = place[s] + 1;
  }
  const auto tail = rest(n, place);
  return tail ? std::optional(total + *tail) : std::nullopt;
}

}  // namespace flm
