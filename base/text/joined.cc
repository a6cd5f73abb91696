#include "base/text/joined.h"

namespace flm {

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out.append(i > 0 ? between : "").append(parts[i]);
  return out;
}

std::string joined_present(const std::vector<std::string>& parts, std::string_view between) {
  std::vector<std::string> present;
  for (const std::string& part : parts)
    if (!part.empty()) present.push_back(part);
  return joined(present, between);
}

std::string enumerated(const std::vector<std::string>& parts) {
  if (parts.size() < 2) return joined(parts, "");
  return joined({parts.begin(), parts.end() - 1}, ", ") + " and " + parts.back();
}

std::string first_few(const std::vector<std::string>& parts, std::size_t most) {
  if (parts.size() <= most) return joined(parts, ", ");
  const auto end = parts.begin() + static_cast<std::ptrdiff_t>(most);
  return joined({parts.begin(), end}, ", ") + " and " + std::to_string(parts.size() - most) +
         " more";
}

}  // namespace flm
