// model.safetensors.index.json: any bytes give a map of tensors to files in the folder or a
// UserError.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/errors.h"
#include "engine/checkpoint/weight_files.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string json(reinterpret_cast<const char*>(data), size);
  try {
    for (const auto& [name, shard] : flm::parse_weight_index(json, "fuzz"))
      if (shard.empty() || shard.front() == '/' || ("/" + shard + "/").find("/../") != shard.npos)
        std::abort();
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
