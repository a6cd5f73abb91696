#include "datasets/compression/decompress.h"

#include <lz4.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/errors.h"
#include "datasets/compression/archive.h"

namespace flm {
namespace {

constexpr std::size_t kFirstRoom = std::size_t{64} << 10;

[[noreturn]] void damaged(const std::string& what, const std::string& origin) {
  throw UserError("damaged " + what + " data; fetch the file again: " + origin);
}

[[noreturn]] void wrong_size(std::uint64_t found, std::uint64_t promised,
                             const std::string& origin) {
  throw UserError("damaged data: " + std::to_string(found) + " bytes where " +
                  std::to_string(promised) + " were promised; fetch the file again: " + origin);
}

/// Bytes a streaming decoder has taken and given in one step.
struct Step {
  std::size_t taken = 0, given = 0;
  bool failed = false, frame_ended = false;
};

/// Drives a decoder `step(input, room)` until its input is used up at the end of a frame. The room
/// is one byte larger than `size`, so that too much is seen.
template <class Decoder>
std::string stream(std::string_view input, std::uint64_t size, const std::string& what,
                   const std::string& origin, Decoder step) {
  std::string out;
  std::size_t filled = 0;
  bool ended = input.empty();
  while (!ended || !input.empty()) {
    if (filled > size) damaged(what, origin);
    if (filled == out.size())
      out.resize(std::min<std::uint64_t>(size + 1, std::max(2 * filled, kFirstRoom)));
    const Step done = step(input, out.data() + filled, out.size() - filled);
    if (done.failed || (done.taken == 0 && done.given == 0 && !done.frame_ended))
      damaged(what, origin);
    input.remove_prefix(done.taken);
    filled += done.given;
    ended = done.frame_ended;
  }
  out.resize(filled);
  return out;
}

std::string zstd_stream(std::string_view bytes, std::uint64_t size, const std::string& origin) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                        ZSTD_freeDCtx);
  FLM_CHECK(context != nullptr, "ZSTD_createDCtx");
  return stream(bytes, size, "zstd", origin,
                [&](std::string_view input, char* room, std::size_t space) {
                  ZSTD_inBuffer in{input.data(), input.size(), 0};
                  ZSTD_outBuffer out{room, space, 0};
                  const std::size_t left = ZSTD_decompressStream(context.get(), &out, &in);
                  return Step{in.pos, out.pos, ZSTD_isError(left) != 0, left == 0};
                });
}

std::string lz4_stream(std::string_view bytes, std::uint64_t size, const std::string& origin) {
  LZ4F_dctx* made = nullptr;
  FLM_CHECK(LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)) == 0,
            "LZ4F_createDecompressionContext");
  const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(
      made, LZ4F_freeDecompressionContext);
  return stream(bytes, size, "LZ4", origin,
                [&](std::string_view input, char* room, std::size_t space) {
                  std::size_t taken = input.size(), given = space;
                  const std::size_t left =
                      LZ4F_decompress(context.get(), room, &given, input.data(), &taken, nullptr);
                  return Step{taken, given, LZ4F_isError(left) != 0, left == 0};
                });
}

/// A block tells nothing of its size; a byte of it gives no more than 255.
std::string lz4_block(std::string_view bytes, std::uint64_t size, const std::string& origin) {
  if (size > 255 * (std::uint64_t{bytes.size()} + 1) || size > LZ4_MAX_INPUT_SIZE ||
      bytes.size() > LZ4_MAX_INPUT_SIZE)
    damaged("LZ4", origin);
  std::string out(size, '\0');
  const int got = LZ4_decompress_safe(bytes.data(), out.data(), static_cast<int>(bytes.size()),
                                      static_cast<int>(size));
  if (got < 0) damaged("LZ4", origin);
  out.resize(static_cast<std::size_t>(got));
  return out;
}

/// A block tells its size itself, which is believed only where the bytes can hold so much: the
/// densest element, a copy of 64 bytes, takes 3.
std::string snappy_block(std::string_view bytes, std::uint64_t size, const std::string& origin) {
  std::size_t told = 0;
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &told) ||
      told > 32 * (std::uint64_t{bytes.size()} + 1))
    damaged("snappy", origin);
  if (told > size) wrong_size(told, size, origin);
  std::string out(told, '\0');
  if (!snappy::RawUncompress(bytes.data(), bytes.size(), out.data())) damaged("snappy", origin);
  return out;
}

std::string unpacked(Compression compression, std::string_view bytes, std::uint64_t size,
                     const std::string& origin) {
  switch (compression) {
    case Compression::kNone:
      break;
    case Compression::kSnappy:
      return snappy_block(bytes, size, origin);
    case Compression::kGzip:
      return gunzip(bytes, origin, size);
    case Compression::kZstd:
      return zstd_stream(bytes, size, origin);
    case Compression::kLz4Block:
      return lz4_block(bytes, size, origin);
    case Compression::kLz4Frame:
      return lz4_stream(bytes, size, origin);
  }
  return std::string(bytes);
}

}  // namespace

std::string decompress(Compression compression, std::string_view bytes, std::uint64_t size,
                       const std::string& origin) {
  if (size > kMostUnpackedBytes)
    throw UserError("a page or buffer of more than 4 GiB is not read (" + std::to_string(size) +
                    " bytes); save the set in smaller parts: " + origin);
  std::string out = unpacked(compression, bytes, size, origin);
  if (out.size() != size) wrong_size(out.size(), size, origin);
  return out;
}

}  // namespace flm
