// datasets/formats/arrow: any bytes give rows, which are cast to other types, or a UserError.
#include <cstdint>
#include <string_view>

#include "base/errors.h"
#include "datasets/formats/arrow/reader.h"
#include "tests/fuzz/column_kinds.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    flm::fuzz::cast_to_each(flm::arrow_rows(bytes, "fuzz").rows, flm::arrow_types(bytes, "fuzz"));
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
