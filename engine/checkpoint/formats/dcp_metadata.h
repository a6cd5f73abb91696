// .metadata of torch.distributed.checkpoint, read as a stream into compact tables.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/tensors/mapped_file.h"
#include "engine/checkpoint/tensors/tensor.h"

namespace flm {

/// A box of a tensor and the item [offset, offset + length) of a file that holds it: one whole
/// torch.save of one tensor.
struct DcpChunk {
  std::uint32_t file = 0;  // index into DcpMetadata::files
  std::int64_t offset = 0, length = 0;
  std::uint32_t box = 0;  // where its begin[rank] and extent[rank] stand in DcpMetadata::boxes
};

struct DcpTensor {
  std::string name;
  std::string dtype_name;  // float32
  std::optional<DType> dtype;
  std::vector<std::int64_t> shape;
  std::uint32_t first_chunk = 0, chunks = 0;  // in DcpMetadata::chunks
};

/// An item that is no tensor, a torch.save of any object: step, dataloader, _extra_state. Length 0
/// where .metadata has no place for it.
struct DcpBytes {
  std::string name;
  std::uint32_t file = 0;
  std::int64_t offset = 0, length = 0;
};

struct DcpMetadata {
  std::vector<DcpTensor> tensors;        // ascending by name; keys of optimizers are not kept
  std::vector<DcpChunk> chunks;          // paired with their place by (name, begin)
  std::vector<std::int64_t> boxes;       // [begin..., extent...] of each chunk
  std::vector<std::string> files;        // paths below the folder, as written
  std::vector<DcpBytes> byte_entries;    // ascending by name
  std::vector<std::int64_t> file_bytes;  // sum of all items of each file, the optimizer's too
  std::vector<std::int64_t> file_ends;   // of the last item of each file, the optimizer's too
  std::int64_t optimizer_entries = 0;    // what was passed over

  std::span<const std::int64_t> begin(const DcpTensor& tensor, const DcpChunk& chunk) const {
    return {boxes.data() + chunk.box, tensor.shape.size()};
  }
  std::span<const std::int64_t> extent(const DcpTensor& tensor, const DcpChunk& chunk) const {
    return {boxes.data() + chunk.box + tensor.shape.size(), tensor.shape.size()};
  }
};

/// TornFile where the pickle ends in the middle or the file is empty; UserErrors for everything
/// else: no Metadata object, a chunk without a place, a stream that was transformed (named), a
/// number that is negative or has more than 64 bits, a path that leaves the folder, a box outside
/// its tensor. Memory and time go with the bytes of the file: 1 M chunks < 5 s and < 400 MB.
DcpMetadata read_dcp_metadata(const MappedFile& file);

}  // namespace flm
