#include "base/text/nearest_name.h"

#include <algorithm>

namespace flm {
namespace {

/// Letters changed, added or dropped, and neighbours exchanged, to make one of the other.
std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before_last, last, row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = std::move(last);
    last = row;
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j - 1] + (a[i - 1] != b[j - 1]), last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row.back();
}

/// Beginnings are rarely mistyped: that the first two letters have none in common counts once more.
std::size_t distance_of(const std::string& a, const std::string& b) {
  const bool begins_alike = a.substr(0, 2).find_first_of(b.substr(0, 2)) != std::string::npos;
  return edits(a, b) + (begins_alike ? 0 : 1);
}

std::size_t common_beginning(const std::string& a, const std::string& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

std::string in_small_letters(std::string text) {
  for (char& letter : text)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

}  // namespace

std::string nearest_name(const std::string& typed, const std::vector<std::string>& known) {
  const std::string name = in_small_letters(typed);
  std::string best;
  std::size_t least = std::max<std::size_t>(1, name.size() * 2 / 5) + 1;  // farther is no help
  for (const std::string& candidate : known) {
    const std::size_t distance = distance_of(name, in_small_letters(candidate));
    const bool nearer_beginning = distance == least && !best.empty() &&
                                  common_beginning(name, candidate) > common_beginning(name, best);
    if (distance < least || nearer_beginning) least = distance, best = candidate;
  }
  return best;
}

}  // namespace flm
