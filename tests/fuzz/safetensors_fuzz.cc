// libFuzzer: any bytes as a safetensors file. Only UserErrors may come out.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/errors.h"
#include "engine/checkpoint/formats/safetensors.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto file = flm::MappedFile::of_bytes(std::move(bytes), "fuzz.safetensors");
    for (const flm::StoredTensor& tensor : flm::read_safetensors(file)) {
      if (tensor.dtype) flm::row_major(tensor);
    }
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
