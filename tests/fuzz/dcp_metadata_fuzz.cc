// libFuzzer: any bytes as the .metadata of torch.distributed.checkpoint.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/errors.h"
#include "engine/checkpoint/formats/dcp_metadata.h"
#include "tests/fuzz/message.h"

namespace {

/// What readers of the tables rely on: every index is inside, every box inside its tensor.
void require_consistent(const flm::DcpMetadata& metadata) {
  for (const flm::DcpTensor& tensor : metadata.tensors) {
    for (std::uint32_t i = 0; i < tensor.chunks; ++i) {
      const flm::DcpChunk& chunk = metadata.chunks.at(tensor.first_chunk + i);
      const auto begin = metadata.begin(tensor, chunk), extent = metadata.extent(tensor, chunk);
      if (metadata.files.at(chunk.file).empty() || chunk.offset < 0 || chunk.length < 0) abort();
      if (chunk.box + 2 * tensor.shape.size() > metadata.boxes.size()) abort();
      for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis)
        if (begin[axis] < 0 || extent[axis] < 1 || begin[axis] + extent[axis] > tensor.shape[axis])
          abort();
    }
  }
  for (const flm::DcpBytes& bytes : metadata.byte_entries)
    if (bytes.length > metadata.file_bytes.at(bytes.file)) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    require_consistent(flm::read_dcp_metadata(*flm::MappedFile::of_bytes(bytes, ".metadata")));
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
