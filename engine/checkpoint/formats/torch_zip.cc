#include "engine/checkpoint/formats/torch_zip.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/checkpoint/formats/safetensors_header.h"
#include "engine/checkpoint/formats/torn_file.h"

namespace flm {
namespace {

// Sizes of the fixed parts of records.
constexpr std::uint64_t kEndRecord = 22, kLocator = 20, kEntry = 46, kLocalHeader = 30;
constexpr std::uint64_t kInExtra = 0xFFFFFFFF;  // the real number has 64 bits and stands in `extra`

/// Of the end record, the last thing that is written: behind it stands a comment of up to 65,535
/// bytes. Nothing where there is none.
std::size_t end_record(std::string_view zip) {
  const std::size_t most = std::min<std::size_t>(zip.size(), kEndRecord + 65535);
  const std::size_t at = zip.substr(zip.size() - most).rfind("PK\5\6");
  if (at == std::string_view::npos || most - at < kEndRecord) return std::string_view::npos;
  return zip.size() - most + at;
}

/// torch.save before 1.6, and later ones that are told so, write bare pickles: protocol 2, then the
/// magic number as LONG1 of 10 bytes.
bool is_legacy_torch(std::string_view text) {
  return text.starts_with(std::string_view("\x80\x02\x8a\x0a", 4));
}

void refuse_other_formats(std::string_view zip, const std::string& path) {
  if (zip.empty()) throw TornFile(path + ": is empty: still being written, or download it again");
  if (is_legacy_torch(zip)) {
    throw UserError(path +
                    ": old torch format, a bare pickle (torch.save before 1.6, or with "
                    "_use_new_zipfile_serialization=False): save it again as torch.save does by "
                    "default, or convert it to safetensors");
  }
  if (begins_as_safetensors(zip)) {
    throw UserError(
        path +
        ": holds safetensors under a name of torch.save's files: name it .safetensors, or "
        "save it again with torch.save");
  }
  if (zip.substr(0, 4) == std::string_view("\0\0\0\0", 4))
    throw TornFile(path + ": begins with zeros: its place is reserved and it is not copied yet");
  if (!zip.starts_with("PK")) {
    throw UserError(path +
                    ": not a torch checkpoint: it does not begin as a zip file does; download it "
                    "again");
  }
  if (end_record(zip) == std::string_view::npos) {
    throw TornFile(path +
                   ": not a complete zip file: still being written, truncated or half-downloaded? "
                   "Download it again");
  }
}

}  // namespace

TorchZip::TorchZip(std::string_view zip, const std::string& path) : zip_(zip), path_(path) {
  refuse_other_formats(zip, path);
  const Directory found = directory();
  std::uint64_t at = found.begin;
  for (std::uint64_t i = 0; i < found.entries; ++i) at = list_member(at);
  if (at != found.end) refuse("the zip's central directory is damaged: download it again");
}

/// Above 4 GiB or 65,534 members the true numbers stand in a second record, which a locator right
/// before the end record finds.
TorchZip::Directory TorchZip::directory() const {
  const std::uint64_t end = end_record(zip_);
  Directory out{number(end + 10, 2), number(end + 16, 4), 0};
  std::uint64_t bytes = number(end + 12, 4);
  if (end >= kLocator && piece(end - kLocator, 4) == "PK\6\7") {
    const std::uint64_t wide = number(end - kLocator + 8, 8);
    if (piece(wide, 4) != "PK\6\6")
      refuse("the zip's central directory is damaged: download it again");
    out.entries = number(wide + 32, 8);
    bytes = number(wide + 40, 8);
    out.begin = number(wide + 48, 8);
  }
  piece(out.begin, bytes);
  out.end = out.begin + bytes;
  return out;
}

/// Returns where the next one stands.
std::uint64_t TorchZip::list_member(std::uint64_t at) {
  if (piece(at, 4) != "PK\1\2") refuse("the zip's central directory is damaged: download it again");
  const std::uint64_t name_bytes = number(at + 28, 2);
  const std::string name(piece(at + kEntry, name_bytes));
  const bool encrypted = number(at + 8, 2) & 1;
  if (encrypted || number(at + 10, 2) != 0 || number(at + 20, 4) != number(at + 24, 4)) {
    refuse("member " + printable(name) +
           " is compressed or encrypted: save it again with torch.save");
  }
  if (!members_.emplace(below_the_folder(name), place_of(at)).second)
    refuse("zip member " + printable(name) + " stands twice: save it again");
  return at + kEntry + name_bytes + number(at + 30, 2) + number(at + 32, 2);
}

/// In the extra field of type 1 the numbers that do not fit follow each other: size, stored size,
/// place.
TorchZip::Member TorchZip::place_of(std::uint64_t at) const {
  Member out{number(at + 42, 4), number(at + 24, 4)};
  std::uint64_t extra = at + kEntry + number(at + 28, 2);
  const std::uint64_t end = extra + number(at + 30, 2);
  while (extra + 4 <= end && number(extra, 2) != 1) extra += 4 + number(extra + 2, 2);
  if (extra + 4 > end) return out;
  extra += 4;
  if (out.size == kInExtra) {
    out.size = number(extra, 8);
    if (number(extra + 8, 8) != out.size)
      refuse("a zip member is compressed: save it again with torch.save");
    extra += 16;
  }
  if (out.header == kInExtra) out.header = number(extra, 8);
  return out;
}

std::string TorchZip::below_the_folder(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string head = name.substr(0, slash);
  if (slash == std::string::npos || (!members_.empty() && head != folder_)) {
    refuse("not a torch checkpoint: member " + printable(name) +
           " is outside its one folder: save it again with torch.save");
  }
  folder_ = head;
  return name.substr(slash + 1);
}

std::string_view TorchZip::member(const std::string& name) const {
  const auto found = members_.find(name);
  if (found == members_.end())
    refuse("not a torch checkpoint: its zip has no " + printable(name) +
           ": save it again with torch.save");
  const std::uint64_t header = found->second.header;
  const std::uint64_t name_bytes = number(header + 26, 2);
  if (piece(header, 4) != "PK\3\4" ||
      piece(header + kLocalHeader, name_bytes) != folder_ + "/" + name) {
    refuse("member " + printable(name) + " has a damaged header: download it again");
  }
  return piece(header + kLocalHeader + name_bytes + number(header + 28, 2), found->second.size);
}

std::uint64_t TorchZip::number(std::uint64_t at, int bytes) const {
  const std::string_view text = piece(at, static_cast<std::uint64_t>(bytes));
  std::uint64_t out = 0;
  for (std::size_t i = text.size(); i-- > 0;) out = out << 8 | static_cast<unsigned char>(text[i]);
  return out;
}

std::string_view TorchZip::piece(std::uint64_t at, std::uint64_t bytes) const {
  if (at > zip_.size() || bytes > zip_.size() - at)
    refuse("a part of the zip reaches beyond the end of the file: download it again");
  return zip_.substr(at, bytes);
}

void TorchZip::refuse(const std::string& what) const { throw UserError(path_ + ": " + what); }

}  // namespace flm
