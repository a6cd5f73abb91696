// libFuzzer: any bytes as a PyTorch .bin, and as its pickle alone (the zip around it would stop
// most inputs).
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/errors.h"
#include "engine/checkpoint/formats/pickle_machine.h"
#include "engine/checkpoint/formats/torch_bin.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    flm::PickleMachine(bytes, "fuzz.pkl").run();
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  try {
    for (const flm::StoredTensor& tensor :
         flm::read_torch_bin(flm::MappedFile::of_bytes(bytes, "fuzz.bin"))) {
      if (tensor.dtype) flm::row_major(tensor);
    }
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
