// reports/training_logs: any bytes are an event file or a UserError. Its records have checksums,
// which a mutation breaks, so that each input is also read as the message within a record.
#include <cstdint>
#include <sstream>
#include <string>

#include "base/errors.h"
#include "reports/training_logs/assemble.h"
#include "reports/training_logs/event_message.h"
#include "reports/training_logs/event_records.h"
#include "reports/training_logs/tensorboard_log.h"
#include "tests/fuzz/message.h"

namespace {

void read(const std::string& bytes) {
  try {
    flm::LogNames names("");
    std::istringstream stream(bytes);
    std::vector<flm::LogFile> files = {flm::read_event_file(stream, "fuzz", names)};
    flm::assemble_log(std::move(files), names);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  // As messages of records that are whole: cut at lengths that the input's first bytes choose.
  const std::size_t each = size == 0 ? 1 : std::size_t{data[0]} % 64 + 1;
  std::string records;
  for (std::size_t at = 0; at < size; at += each)
    records += flm::event_record(bytes.substr(at, each));
  read(records);
  read(flm::event_record(bytes));
  return 0;
}
