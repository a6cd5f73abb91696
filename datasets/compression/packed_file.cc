#include "datasets/compression/packed_file.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/errors.h"
#include "base/text/printable.h"
#include "datasets/compression/archive.h"

namespace flm {
namespace {

using namespace std::string_view_literals;

struct Packing {
  std::string_view ending, first_bytes;
  int (*support)(archive*);  // null: gzip, which archive.h unpacks
};

constexpr std::array<Packing, 5> kPackings{{
    {".gz", "\x1F\x8B"sv, nullptr},
    {".bz2", "BZh"sv, archive_read_support_filter_bzip2},
    {".xz", "\xFD\x37zXZ\0"sv, archive_read_support_filter_xz},
    {".zst", "\x28\xB5\x2F\xFD"sv, archive_read_support_filter_zstd},
    {".lz4", "\x04\x22\x4D\x18"sv, archive_read_support_filter_lz4},
}};

static_assert(std::equal(kPackings.begin(), kPackings.end(), kPlainOrPacked.begin() + 1,
                         kPlainOrPacked.end(),
                         [](const Packing& packing, std::string_view ending) {
                           return packing.ending == ending;
                         }),
              "each packing has its ending in both lists");

/// "BZh" may begin a text too: the first block's mark must follow, or the mark of the end.
bool begins_a_bzip2_stream(std::string_view bytes) {
  const std::string_view mark = bytes.substr(std::min<std::size_t>(4, bytes.size()), 6);
  return mark == "\x31\x41\x59\x26\x53\x59"sv || mark == "\x17\x72\x45\x38\x50\x90"sv;
}

/// A frame that decoders pass over (RFC 8878, section 3.1.2); pzstd begins with one.
bool begins_a_skippable_frame(std::string_view bytes) {
  return bytes.size() > 4 && (bytes[0] & 0xF0) == 0x50 && bytes.substr(1, 3) == "\x2A\x4D\x18"sv;
}

bool packs(const Packing& packing, std::string_view bytes) {
  if (packing.ending == ".zst"sv && begins_a_skippable_frame(bytes)) return true;
  return bytes.starts_with(packing.first_bytes) &&
         (packing.ending != ".bz2"sv || begins_a_bzip2_stream(bytes));
}

const Packing* packing_of_ending(std::string_view name) {
  const auto found = std::find_if(kPackings.begin(), kPackings.end(), [&](const Packing& packing) {
    return name.ends_with(packing.ending);
  });
  return found == kPackings.end() ? nullptr : &*found;
}

[[noreturn]] void cannot_unpack(const std::string& path, const std::string& what) {
  throw UserError("cannot unpack the file, " + what + "; fetch it again: " + path);
}

[[noreturn]] void cannot_unpack(archive* reader, const std::string& path) {
  const char* why = archive_error_string(reader);
  cannot_unpack(path, why ? printable(why) : "it is damaged or cut off");
}

std::string unpack(const Packing& packing, std::string_view bytes, const std::string& path,
                   std::size_t most) {
  if (!packing.support) return gunzip(bytes, path, most);
  const std::unique_ptr<archive, int (*)(archive*)> owner(archive_read_new(), archive_read_free);
  archive* reader = owner.get();
  FLM_CHECK(reader != nullptr, "archive_read_new");
  archive_read_support_format_raw(reader);
  archive_read_support_format_empty(reader);
  packing.support(reader);
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(reader, bytes.data(), bytes.size()) != ARCHIVE_OK)
    cannot_unpack(reader, path);
  const int status = archive_read_next_header(reader, &entry);
  if (status == ARCHIVE_EOF) return "";
  if (status != ARCHIVE_OK) cannot_unpack(reader, path);
  std::string out;
  std::string block(std::size_t{1} << 16, '\0');
  for (;;) {
    const la_ssize_t count = archive_read_data(reader, block.data(), block.size());
    if (count < 0) cannot_unpack(reader, path);
    if (count == 0) return out;
    out.append(block, 0, static_cast<std::size_t>(count));
    if (out.size() > most) refuse_more_than(most, path);
  }
}

}  // namespace

std::string_view packed_ending(std::string_view name) {
  const Packing* packing = packing_of_ending(name);
  return packing ? packing->ending : ""sv;
}

std::string unpack_file(std::string bytes, const std::string& path, std::size_t most) {
  for (const Packing& packing : kPackings)
    if (packs(packing, bytes)) return unpack(packing, bytes, path, most);
  if (bytes.starts_with("PK\x03\x04"sv))
    throw UserError("a zip archive is no data file; unpack it: " + path);
  if (const Packing* promised = packing_of_ending(path); promised && !bytes.empty())
    cannot_unpack(path,
                  "its bytes are not what its ending " + std::string(promised->ending) + " says");
  return bytes;
}

std::string unpack_file(std::string bytes, const std::string& path) {
  const std::size_t most = most_unpacked_bytes(bytes.size());
  return unpack_file(std::move(bytes), path, most);
}

}  // namespace flm
