#include "base/joined.h"

namespace flm {

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out.append(i > 0 ? between : "").append(parts[i]);
  return out;
}

}  // namespace flm
