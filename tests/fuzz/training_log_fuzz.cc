// reports/training_logs: any bytes are a trainer's log of some format or a UserError.
#include <cstdint>
#include <sstream>
#include <string>

#include "base/errors.h"
#include "reports/training_logs/assemble.h"
#include "reports/training_logs/read_files.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    flm::LogNames names("");
    std::istringstream bytes(std::string(reinterpret_cast<const char*>(data), size));
    std::vector<flm::LogFile> files = {flm::read_log_stream(bytes, "fuzz", names)};
    flm::assemble_log(std::move(files), names);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
