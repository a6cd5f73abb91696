// datasets/formats/arrow: any bytes give rows or a UserError.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/errors.h"
#include "datasets/formats/arrow/reader.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    flm::arrow_rows(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
