// reports/gate: any bytes give a policy or a UserError.
#include <cstdint>
#include <string_view>

#include "base/errors.h"
#include "reports/gate/policy.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    flm::parse_policy({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
