// --gen-kwargs: any words, one a line of the input, give a UserError or options that an engine can
// be asked for.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "base/errors.h"
#include "tasks/files/generation_options.h"
#include "tasks/files/generation_overrides.h"
#include "tasks/files/task_keys.h"
#include "tests/fuzz/message.h"

namespace {

flm::TaskFile generating_task() {
  flm::TaskFile file;
  file.path = "fuzz.yaml";
  file.keys = flm::keys_of(
      flm::parse_yaml("{task: fuzz, dataset_path: json, test_split: test, doc_to_text: q, "
                      "doc_to_target: a, output_type: generate_until, "
                      "generation_kwargs: {until: [\"\\n\"], max_gen_toks: 8}}",
                      file.path),
      file.path);
  return file;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    flm::TaskFile file = generating_task();
    flm::override_generation(file, flm::parse_generation_overrides(lines_of(bytes)));
    const flm::GenerationOptions options = flm::generation_options(flm::read_task_spec(file));
    for (const double number : {options.temperature, options.top_p, options.repetition_penalty})
      if (!std::isfinite(number)) std::abort();
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
