// libFuzzer: any bytes as a file of torch.save, or an item of a .distcp file; every tensor that it
// holds is asked for.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/errors.h"
#include "engine/checkpoint/formats/torch_file.h"
#include "tests/fuzz/message.h"

namespace {

void ask_for(const flm::TorchFile& file, const flm::PickleValue& value) {
  try {
    const flm::StoredTensor tensor = file.tensor(value, "w");
    if (tensor.dtype) flm::row_major(tensor);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
}

/// As layouts do: the root, what it holds, and what one more step below holds.
void ask_for_all(const flm::TorchFile& file) {
  ask_for(file, file.root());
  flm::whole(flm::entry(file.root(), "iteration"));
  for (const flm::PickleValue* value : file.root().items) {
    ask_for(file, *value);
    flm::sizes(value);
    flm::text(flm::entry(*value, "ckpt_format"));
    if (value->kind != flm::PickleValue::Kind::kDict) continue;
    for (const flm::PickleValue* below : value->items) ask_for(file, *below);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto file = flm::MappedFile::of_bytes(bytes, "fuzz.pt");
  try {
    ask_for_all(*flm::TorchFile::open(file));
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  try {
    ask_for_all(*flm::TorchFile::open(file, size / 4, size / 2));
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
