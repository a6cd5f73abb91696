// Snappy's raw format, decompression only.
#pragma once

#include <string>
#include <string_view>

namespace flm {

/// UserError that names `origin` where the bytes are damaged.
std::string snappy_decompress(std::string_view bytes, const std::string& origin);

}  // namespace flm
