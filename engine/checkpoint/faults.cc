#include "engine/checkpoint/faults.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text/joined.h"
#include "base/text/printable.h"

namespace flm {
namespace {

constexpr std::size_t kMostNamed = 12;

std::string line(const std::string& kind, const std::vector<std::string>& culprits) {
  std::vector<std::string> names;
  for (const std::string& culprit : culprits) names.push_back(printable(culprit));
  return kind + " (" + std::to_string(culprits.size()) + "): " + first_few(names, kMostNamed);
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
