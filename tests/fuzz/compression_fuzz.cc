// datasets/compression: any bytes give what they hold, as many as was said, or a UserError; a gzip
// file that is read in small pieces gives what it gives in one; so do files packed as a whole.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "base/errors.h"
#include "datasets/compression/archive.h"
#include "datasets/compression/decompress.h"
#include "datasets/compression/packed_file.h"
#include "tests/fuzz/message.h"

namespace {

constexpr std::size_t kMost = 1 << 20;

std::optional<std::string> unzipped(std::string_view bytes, std::size_t at_once) {
  try {
    return flm::gunzip(bytes, "fuzz", kMost, at_once);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
    return std::nullopt;
  }
}

void unpack(std::string_view bytes, std::uint64_t size) {
  using enum flm::Compression;
  for (const auto kind : {kNone, kSnappy, kGzip, kZstd, kLz4Block, kLz4Frame}) {
    try {
      if (flm::decompress(kind, bytes, size, "fuzz").size() != size) std::abort();
    } catch (const flm::UserError& error) {
      flm::fuzz::require_text(error.what());
    }
  }
}

void unpack_file(std::string_view bytes) {
  for (const char* name : {"fuzz.jsonl", "fuzz.zst"}) {
    try {
      if (flm::unpack_file(std::string(bytes), name, kMost).size() > kMost) std::abort();
    } catch (const flm::UserError& error) {
      flm::fuzz::require_text(error.what());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (unzipped(bytes, kMost) != unzipped(bytes, 7)) std::abort();
  if (size <= kMost) unpack_file(bytes);
  // The first bytes say how many come out, the others hold them.
  std::uint64_t promised = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(size, 4); ++i)
    promised = promised << 8 | data[i];
  unpack(bytes.substr(std::min<std::size_t>(size, 4)), promised);
  return 0;
}
