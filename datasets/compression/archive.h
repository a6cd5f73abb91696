// Files as they lie in a data root: plain, packed beside their name, or inside a zip.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flm {

/// Above this a file is refused: a small archive must not fill the memory.
constexpr std::size_t kMostUnpackedBytes = std::size_t{4} << 30;

/// The same of a packed file of `packed` bytes: a large one may give more, as text does, which is
/// packed to a fifth.
constexpr std::size_t most_unpacked_bytes(std::size_t packed) {
  constexpr std::size_t kMostTimes = 64;
  return packed > kMostUnpackedBytes / kMostTimes ? kMostTimes * packed : kMostUnpackedBytes;
}

/// UserError: more than `most` bytes come out of the packed file `path`.
[[noreturn]] void refuse_more_than(std::size_t most, const std::string& path);

/// The whole content of a gzip file (several members too, and padded with zeros). UserError that
/// names `path`, and where more than `most` bytes come out. `most_at_once` bytes are handed to zlib
/// in one piece, which counts in 32 bits.
std::string gunzip(std::string_view bytes, const std::string& path, std::size_t most,
                   std::size_t most_at_once = std::size_t{1} << 30);
inline std::string gunzip(std::string_view bytes, const std::string& path) {
  return gunzip(bytes, path, most_unpacked_bytes(bytes.size()));
}

/// A member of a zip file; null where the zip has no such member.
std::optional<std::string> read_zip_member(const std::string& zip, const std::string& member);

struct FoundFile {
  std::string path;   // as it lies: with .gz or .zst, say, or ZIP:MEMBER
  std::string bytes;  // decompressed
};

/// FOLDER/NAME, else the same with an ending of packed_file.h, else member NAME of FOLDER/ARCHIVE
/// ("" = none); null where none of them is there.
std::optional<FoundFile> find_file(const std::string& folder, const std::string& name,
                                   const std::string& archive = "");

}  // namespace flm
