// ast.literal_eval: any text is a value that prints as a literal of the same value, or none.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/literal.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (!flm::utf8_valid(text)) return 0;
  try {
    const auto value = flm::python_literal(text);
    if (!value) return 0;
    const std::string printed = value->repr();
    if (printed.find("inf") != printed.npos || printed.find("nan") != printed.npos) return 0;
    const auto again = flm::python_literal(printed);
    if (!again || again->repr() != printed) std::abort();
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
