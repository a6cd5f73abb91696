// reports/compare/logs: any bytes are a logged sample or a UserError, and so is what is shown of
// it.
#include <cstdint>
#include <string_view>

#include "base/errors.h"
#include "reports/compare/logs/sample_line.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  try {
    flm::parse_sample_line(line, "fuzz:1");
    flm::text_of_sample_line(line, "fuzz:1");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
