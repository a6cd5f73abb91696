// The buffers of an Arrow batch.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/formats/arrow/flatbuffer.h"

namespace flm {

/// Buffers in the order of the batch, decompressed (LZ4 frame, zstd) where the batch says so. Views
/// into the body and into this object; damage is a UserError that names `origin`.
class ArrowBody {
 public:
  ArrowBody(const FlatTable& batch, std::string_view body, const std::string& origin);
  ArrowBody(const ArrowBody&) = delete;
  ArrowBody& operator=(const ArrowBody&) = delete;

  std::size_t size() const { return buffers_.size(); }
  std::string_view operator[](std::size_t index) const { return buffers_[index]; }
  /// What decompression has added to the file's bytes.
  std::uint64_t unpacked_bytes() const { return unpacked_bytes_; }

 private:
  std::string_view unpack(std::string_view bytes, int codec, const std::string& origin);

  std::vector<std::string_view> buffers_;
  std::deque<std::string> unpacked_;  // a deque keeps its elements where they are
  std::uint64_t unpacked_bytes_ = 0;
};

}  // namespace flm
