// harness/requests: any line of a replay log is the answer to an item or a UserError.
#include <cstdint>
#include <string>

#include "base/errors.h"
#include "harness/requests/replayed_line.h"
#include "tests/fuzz/message.h"

namespace {

flm::TaskItem item_of(std::vector<flm::RequestKind> kinds) {
  flm::TaskItem item;
  for (const flm::RequestKind kind : kinds) item.requests.push_back({kind, "a", " b", {}, 1});
  return item;
}

void answer(const flm::ReplayedLine& line, const flm::TaskItem& item) {
  try {
    flm::replayed_answers(line, item);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Kind = flm::RequestKind;
  try {
    const flm::ReplayedLine line =
        flm::read_replayed_line({reinterpret_cast<const char*>(data), size}, "fuzz:1", "t");
    answer(line, item_of({Kind::kLoglikelihood}));
    answer(line, item_of({Kind::kLoglikelihood, Kind::kLoglikelihood}));
    answer(line, item_of({Kind::kRolling}));
    answer(line, item_of({Kind::kGenerate}));
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
