// base/documents/json: any bytes give a value or a UserError, and what is written reads back the
// same.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flm::Json value;
  try {
    value = flm::parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
    return 0;
  }
  const std::string text = flm::python_json_dumps(value, 2, true);
  if (flm::python_json_dumps(flm::parse_json(text, "written"), 2, true) != text) std::abort();
  return 0;
}
