#include "engine/checkpoint/formats/torch_zip.h"

#include <minizip/unzip.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <unordered_map>

#include "base/errors.h"
#include "engine/checkpoint/formats/torn_file.h"
#include "engine/checkpoint/printable.h"

namespace flm {
namespace {

/// minizip's file functions over bytes in memory.
struct Cursor {
  std::string_view text;
  std::uint64_t at = 0;
};

voidpf open_cursor(voidpf opaque, const void*, int) { return opaque; }
int close_cursor(voidpf, voidpf) { return 0; }
int error_of_cursor(voidpf, voidpf) { return 0; }

uLong read_cursor(voidpf, voidpf stream, void* buffer, uLong size) {
  Cursor& cursor = *static_cast<Cursor*>(stream);
  const std::uint64_t left = cursor.text.size() - cursor.at;
  const std::uint64_t n = std::min<std::uint64_t>(size, left);
  if (n) std::memcpy(buffer, cursor.text.data() + cursor.at, n);
  cursor.at += n;
  return static_cast<uLong>(n);
}

ZPOS64_T tell_cursor(voidpf, voidpf stream) { return static_cast<Cursor*>(stream)->at; }

long seek_cursor(voidpf, voidpf stream, ZPOS64_T offset, int origin) {
  Cursor& cursor = *static_cast<Cursor*>(stream);
  const std::uint64_t base = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                             : origin == ZLIB_FILEFUNC_SEEK_CUR ? cursor.at
                                                                : cursor.text.size();
  const std::uint64_t target = base + offset;
  if (target < base || target > cursor.text.size()) return -1;
  cursor.at = target;
  return 0;
}

/// The end record is the last thing that is written: 22 bytes and a comment of up to 65,535.
bool has_end_record(std::string_view zip) {
  const std::size_t most = 22 + 65535;
  return zip.substr(zip.size() - std::min(zip.size(), most)).find("PK\5\6") != std::string::npos;
}

/// torch.save before 1.6 wrote bare pickles: protocol 2, then the magic number as LONG1 of 10
/// bytes.
bool is_legacy_torch(std::string_view text) {
  return text.starts_with(std::string_view("\x80\x02\x8a\x0a", 4));
}

void refuse_other_formats(std::string_view zip, const std::string& path) {
  if (zip.empty()) throw TornFile(path + ": is empty: still being written, or download it again");
  if (is_legacy_torch(zip)) {
    throw UserError(path +
                    ": old torch format (torch.save before 1.6): save it again with torch >= 1.6, "
                    "or convert it to safetensors");
  }
  if (!zip.starts_with("PK")) {
    throw UserError(path +
                    ": not a torch checkpoint: it does not begin as a zip file does; download it "
                    "again");
  }
  if (!has_end_record(zip)) {
    throw TornFile(path +
                   ": not a complete zip file: still being written, truncated or half-downloaded? "
                   "Download it again");
  }
}

/// minizip's handle moves from member to member, so one caller at a time uses it.
class OpenZip final : public TorchZip {
 public:
  OpenZip(std::string_view zip, const std::string& path) : path_(path), cursor_{zip} {
    zlib_filefunc64_def functions{open_cursor, read_cursor,  nullptr,         tell_cursor,
                                  seek_cursor, close_cursor, error_of_cursor, &cursor_};
    zip_ = unzOpen2_64(path.c_str(), &functions);
    if (!zip_) refuse_directory();
    try {
      list_members();
    } catch (...) {
      unzClose(zip_);
      throw;
    }
  }
  ~OpenZip() override { unzClose(zip_); }

  bool has(const std::string& name) const override { return members_.count(name) > 0; }

  std::string_view member(const std::string& name) const override {
    const auto found = members_.find(name);
    if (found == members_.end())
      refuse("not a torch checkpoint: its zip has no " + printable(name));
    const std::uint64_t size = found->second.size;
    const std::uint64_t offset = offset_of(name, found->second);
    if (offset > cursor_.text.size() || size > cursor_.text.size() - offset) {
      refuse("member " + printable(name) +
             " reaches beyond the end of the file: download it again");
    }
    return cursor_.text.substr(offset, size);
  }

 private:
  struct Member {
    unz64_file_pos place;
    std::uint64_t size = 0;
  };

  void list_members() {
    int state = unzGoToFirstFile(zip_);
    for (; state == UNZ_OK; state = unzGoToNextFile(zip_)) list_current();
    if (state != UNZ_END_OF_LIST_OF_FILE) refuse_directory();
  }

  void list_current() {
    unz_file_info64 info;
    char name[512];
    Member member;
    if (unzGetCurrentFileInfo64(zip_, &info, name, sizeof name, nullptr, 0, nullptr, 0) != UNZ_OK ||
        info.size_filename >= sizeof name || unzGetFilePos64(zip_, &member.place) != UNZ_OK) {
      refuse_directory();
    }
    const std::string full(name, info.size_filename);
    if (info.compression_method != 0 || (info.flag & 1) ||
        info.compressed_size != info.uncompressed_size) {
      refuse("member " + printable(full) +
             " is compressed or encrypted: save it again with torch.save");
    }
    member.size = info.uncompressed_size;
    if (!members_.emplace(below_the_folder(full), member).second)
      refuse("zip member " + printable(full) + " stands twice: save it again");
  }

  std::string below_the_folder(const std::string& name) {
    const std::size_t slash = name.find('/');
    const std::string head = name.substr(0, slash);
    if (slash == std::string::npos || (!members_.empty() && head != folder_)) {
      refuse("not a torch checkpoint: member " + printable(name) + " is outside its one folder");
    }
    folder_ = head;
    return name.substr(slash + 1);
  }

  /// Raw: nothing is inflated or checksummed, only the local header is read.
  std::uint64_t offset_of(const std::string& name, const Member& member) const {
    const std::lock_guard lock(mutex_);
    unz64_file_pos place = member.place;
    int method = 0, level = 0;
    if (unzGoToFilePos64(zip_, &place) != UNZ_OK ||
        unzOpenCurrentFile2(zip_, &method, &level, 1) != UNZ_OK) {
      refuse("member " + printable(name) + " has a damaged header: download it again");
    }
    const std::uint64_t offset = unzGetCurrentFileZStreamPos64(zip_);
    unzCloseCurrentFile(zip_);
    return offset;
  }

  [[noreturn]] void refuse(const std::string& what) const { throw UserError(path_ + ": " + what); }
  [[noreturn]] void refuse_directory() const {
    refuse("the zip's central directory is damaged: download it again");
  }

  const std::string path_;
  Cursor cursor_;
  unzFile zip_ = nullptr;
  mutable std::mutex mutex_;
  std::string folder_;
  std::unordered_map<std::string, Member> members_;
};

}  // namespace

std::unique_ptr<const TorchZip> TorchZip::open(std::string_view zip, const std::string& path) {
  refuse_other_formats(zip, path);
  return std::make_unique<OpenZip>(zip, path);
}

}  // namespace flm
