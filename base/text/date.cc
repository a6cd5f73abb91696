#include "base/text/date.h"

namespace flm {

std::optional<std::tm> read_date(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%d", &parts);
  if (end && *end == 'T') end = strptime(end, "T%H:%M:%S", &parts);
  if (!end || *end != 0) return {};
  return parts;
}

}  // namespace flm
