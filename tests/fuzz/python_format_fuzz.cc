// "..." % values and "...".format(...): the first line of an input is the format, the second a
// literal, its values. What comes out is text, or a UserError.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/format.h"
#include "tasks/python/literal.h"
#include "tests/fuzz/message.h"

namespace {

flm::PyArguments arguments_of(const flm::PyValue& value) {
  flm::PyArguments out;
  if (value.is_list() || value.is_tuple()) out.positional = value.items();
  if (!value.is_dict()) return out;
  for (const auto& [key, one] : value.dict()) out.keywords.emplace_back(key.str(), one);
  return out;
}

template <class Format>
void require_text(const Format& format) {
  try {
    if (!flm::utf8_valid(format())) std::abort();
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  if (!flm::utf8_valid(input)) return 0;
  const std::size_t end = std::min(input.find('\n'), size);
  const std::string format = input.substr(0, end);
  const auto values = flm::python_literal(input.substr(std::min(end + 1, size)));
  if (!values) return 0;
  require_text([&] { return flm::python_percent_format(format, *values); });
  require_text([&] { return flm::python_brace_format(format, arguments_of(*values)); });
  return 0;
}
