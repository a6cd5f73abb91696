// base/documents/yaml: any bytes give a document or a UserError.
#include <cstdint>
#include <string_view>

#include "base/documents/yaml.h"
#include "base/errors.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    flm::parse_yaml({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
