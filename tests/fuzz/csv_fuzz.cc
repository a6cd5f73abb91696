// datasets/formats/csv: any bytes give records and typed rows or a UserError.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/errors.h"
#include "datasets/formats/csv.h"
#include "datasets/formats/data_table.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char separator : {',', ';'}) {
    try {
      flm::csv_table(text, {{"sep", std::string(1, separator)}}, "fuzz", nullptr);
    } catch (const flm::UserError& error) {
      flm::fuzz::require_text(error.what());
    }
  }
  try {
    flm::parse_tsv(text, "fuzz");
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
