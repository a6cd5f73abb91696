#include "engine/tokenizer/longest_prefix.h"

#include <algorithm>

namespace flm {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

}  // namespace

LongestPrefix::LongestPrefix(std::vector<std::pair<std::string, std::uint32_t>> strings)
    : sorted_(std::move(strings)) {
  std::stable_sort(sorted_.begin(), sorted_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  sorted_.erase(std::unique(sorted_.begin(), sorted_.end(),
                            [](const auto& a, const auto& b) { return a.first == b.first; }),
                sorted_.end());
  for (const auto& [string, value] : sorted_) ++begins_[byte_at(string, 0) + 1U];
  for (std::size_t byte = 1; byte < begins_.size(); ++byte) begins_[byte] += begins_[byte - 1];
}

std::optional<std::uint32_t> LongestPrefix::find(std::string_view text) const {
  if (text.empty()) return std::nullopt;
  std::optional<std::uint32_t> found;
  auto first = sorted_.begin() + begins_[byte_at(text, 0)];
  auto last = sorted_.begin() + begins_[byte_at(text, 0) + 1U];
  for (std::size_t depth = 1; first != last; ++depth) {  // all of these begin with `depth` bytes
    if (first->first.size() == depth) found = (first++)->second;
    if (depth == text.size()) break;
    const unsigned char next = byte_at(text, depth);
    first = std::partition_point(first, last,
                                 [&](const auto& one) { return byte_at(one.first, depth) < next; });
    last = std::partition_point(first, last,
                                [&](const auto& one) { return byte_at(one.first, depth) == next; });
  }
  return found;
}

}  // namespace flm
