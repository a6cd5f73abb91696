// Words in one line.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flm {

/// The parts in their order with `between` between each two.
std::string joined(const std::vector<std::string>& parts, std::string_view between);

/// The same of a range of anything: `text` makes the words of an element, a function or a member.
template <class Range, class Text = std::identity>
std::string joined(const Range& range, std::string_view between, const Text& text = {}) {
  std::string out;
  bool first = true;
  for (const auto& element : range) {
    if (!std::exchange(first, false)) out.append(between);
    out.append(std::invoke(text, element));
  }
  return out;
}

/// Those of the parts that are not empty.
std::string joined_present(const std::vector<std::string>& parts, std::string_view between);

/// "a, b and c"
std::string enumerated(const std::vector<std::string>& parts);

/// "a, b and 7 more": the first `most` of the parts, all of them where there are no more.
std::string first_few(const std::vector<std::string>& parts, std::size_t most);

}  // namespace flm
