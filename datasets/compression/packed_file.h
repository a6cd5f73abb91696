// Whole files packed by gzip, bzip2, xz, zstd or lz4, as data sets are published (NAME.jsonl.zst).
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace flm {

/// The endings of a file as it may lie: none, then the packings'.
constexpr std::array<std::string_view, 6> kPlainOrPacked{"", ".gz", ".bz2", ".xz", ".zst", ".lz4"};

/// The ending that says how a file is packed (".zst" of "train.jsonl.zst"), or "".
std::string_view packed_ending(std::string_view name);

/// What a file holds: told by its first bytes, under any name, as the `datasets` library does; a
/// file that is not packed as it is. UserError that names `path` where it is damaged, where its
/// ending promises another packing, where it is a zip archive, and where more comes out than
/// most_unpacked_bytes() of its size.
std::string unpack_file(std::string bytes, const std::string& path);

/// The same with another limit.
std::string unpack_file(std::string bytes, const std::string& path, std::size_t most);

}  // namespace flm
