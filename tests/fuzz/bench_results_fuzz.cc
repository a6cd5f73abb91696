// bench/results: any bytes are a result file or a UserError, and can be compared, with themselves
// and with the other half of the input.
#include <cstdint>
#include <string>

#include "base/errors.h"
#include "bench/results/compare.h"
#include "tests/fuzz/message.h"

namespace {

void read(const std::string& json, const std::string& other) {
  using namespace flm::bench;
  try {
    const ResultFile results = parse_results(json, "fuzz");
    const ResultComparison same = compare_results(results, results, {});
    (void)same.regression();
    (void)context_differences(results, results, true);
    if (!other.empty()) compare_results(results, parse_results(other, "other"), {});
    stored_ceilings(results);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t half = text.find("\n\n");
  if (half == std::string::npos)
    read(text, "");
  else
    read(text.substr(0, half), text.substr(half + 2));
  return 0;
}
