// datasets/csv: any bytes give records or a UserError.
#include <cstdint>
#include <string_view>

#include "base/errors.h"
#include "datasets/formats/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char separator : {',', ';'}) {
    try {
      flm::parse_csv(text, separator, "fuzz");
    } catch (const flm::UserError&) {
    }
  }
  try {
    flm::parse_tsv(text, "fuzz");
  } catch (const flm::UserError&) {
  }
  return 0;
}
