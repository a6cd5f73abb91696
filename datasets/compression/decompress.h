// The compressions inside Parquet's pages and Arrow's buffers, decompression only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace flm {

enum class Compression { kNone, kSnappy, kGzip, kZstd, kLz4Block, kLz4Frame };

/// The `size` bytes that `bytes` hold. Memory grows with what comes out, not with what `size`
/// promises. UserError that names `origin` where they are damaged or not that many.
std::string decompress(Compression compression, std::string_view bytes, std::uint64_t size,
                       const std::string& origin);

}  // namespace flm
