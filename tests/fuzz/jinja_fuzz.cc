// Parses the bytes as a template and renders it: only UserErrors may come out.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/errors.h"
#include "tasks/jinja/template.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using flm::PyDict, flm::PyList, flm::PyValue;
  PyDict row, context;
  row.set("k", "v");
  context.set("s", "Hello, Wörld");
  context.set("n", 7);
  context.set("f", 2.5);
  context.set("l", PyList{1, "b", PyValue()});
  context.set("d", row);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool chat : {false, true}) {
    try {
      const auto options =
          chat ? flm::JinjaTemplate::Options::chat() : flm::JinjaTemplate::Options();
      flm::JinjaTemplate::parse(text, "fuzz", options).render(context);
    } catch (const flm::UserError& error) {
      flm::fuzz::require_text(error.what());
    }
  }
  return 0;
}
