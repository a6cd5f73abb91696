#include "engine/checkpoint/faults.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text/printable.h"

namespace flm {
namespace {

constexpr std::size_t kMostNamed = 12;

std::string line(const std::string& kind, const std::vector<std::string>& culprits) {
  std::string out = kind + " (" + std::to_string(culprits.size()) + "): ";
  const std::size_t named = std::min(culprits.size(), kMostNamed);
  for (std::size_t i = 0; i < named; ++i) out += (i ? ", " : "") + printable(culprits[i]);
  if (named < culprits.size()) out += " and " + std::to_string(culprits.size() - named) + " more";
  return out;
}

}  // namespace

void Faults::throw_if_any(const std::string& what) const {
  if (kinds_.empty()) return;
  std::string message = what + ": ";
  bool begun = false;
  for (const auto& [kind, culprits] : kinds_) {
    message += (begun ? "; " : "") + line(kind, culprits);
    begun = true;
  }
  throw UserError(message);
}

}  // namespace flm
