#include "datasets/formats/arrow/body.h"

#include "datasets/compression/decompress.h"

namespace flm {
namespace {

// Places in Arrow's Message.fbs: RecordBatch.buffers and .compression; BodyCompression.codec and
// .method.
enum { kBuffers = 2, kCompression = 3, kCodec = 0, kMethod = 1 };
enum : int { kUncompressed = -1, kLz4Frame = 0, kZstd = 1 };

int codec_of(const FlatTable& batch, const std::string& origin) {
  const auto compression = batch.table(kCompression);
  if (!compression) return kUncompressed;
  const int codec = compression->scalar<std::int8_t>(kCodec, kLz4Frame);
  const int method = compression->scalar<std::int8_t>(kMethod, 0);
  if ((codec != kLz4Frame && codec != kZstd) || method != 0)
    throw UserError("Arrow data compressed by codec number " + std::to_string(codec) + ", method " +
                    std::to_string(method) + ", is not read; save the set as jsonl: " + origin);
  return codec;
}

}  // namespace

ArrowBody::ArrowBody(const FlatTable& batch, std::string_view body, const std::string& origin) {
  const int codec = codec_of(batch, origin);
  std::uint64_t compressed = 0;
  for (std::uint32_t b = 0; b < batch.count(kBuffers); ++b) {
    const auto offset = batch.in_vector<std::uint64_t>(kBuffers, b, 16, 0);
    const auto length = batch.in_vector<std::uint64_t>(kBuffers, b, 16, 8);
    if (offset > body.size() || length > body.size() - offset) damaged_arrow(origin);
    compressed += length;
    // Compressed buffers do not overlap: else a small file could fill the memory.
    if (codec != kUncompressed && compressed > body.size()) damaged_arrow(origin);
    const std::string_view buffer = body.substr(offset, length);
    const bool plain = codec == kUncompressed || buffer.empty();
    buffers_.push_back(plain ? buffer : unpack(buffer, codec, origin));
  }
}

/// A compressed buffer begins with its unpacked size; -1: it was left as it is.
std::string_view ArrowBody::unpack(std::string_view bytes, int codec, const std::string& origin) {
  std::int64_t size;
  if (bytes.size() < sizeof size) damaged_arrow(origin);
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(sizeof size);
  if (size == -1) return bytes;
  if (size < 0) damaged_arrow(origin);
  const Compression compression = codec == kZstd ? Compression::kZstd : Compression::kLz4Frame;
  unpacked_.push_back(decompress(compression, bytes, static_cast<std::uint64_t>(size), origin));
  unpacked_bytes_ += unpacked_.back().size();
  return unpacked_.back();
}

}  // namespace flm
