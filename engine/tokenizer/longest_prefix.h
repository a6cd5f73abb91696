// Which of many strings a text begins with: the longest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flm {

class LongestPrefix {
 public:
  LongestPrefix() = default;
  /// Strings that are not empty, each with what find() answers; of equal ones the first counts.
  explicit LongestPrefix(std::vector<std::pair<std::string, std::uint32_t>> strings);

  /// Looks at each byte once, among the strings that agree with the bytes before it.
  std::optional<std::uint32_t> find(std::string_view text) const;

 private:
  std::vector<std::pair<std::string, std::uint32_t>> sorted_;
  std::array<std::uint32_t, 257> begins_{};  // by first byte: where its strings begin
};

}  // namespace flm
