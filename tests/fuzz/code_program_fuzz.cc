// tasks/sandbox: any line is a program to judge or a UserError.
#include <cstdint>
#include <string>

#include "base/errors.h"
#include "tasks/sandbox/code_judge.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    flm::program_hash(
        flm::parse_program(std::string(reinterpret_cast<const char*>(data), size), "fuzz:1"));
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
