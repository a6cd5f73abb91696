#include "engine/checkpoint/formats/torch_zip.h"

#include <minizip/unzip.h>

#include <algorithm>
#include <cstring>

#include "base/errors.h"
#include "engine/checkpoint/printable.h"

namespace flm {
namespace {

/// minizip's file functions over a mapped file.
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

/// An open zip; closes itself.
class Zip {
 public:
  explicit Zip(const MappedFile& file) : file_(file), cursor_{file.text()} {
    zlib_filefunc64_def functions{open_cursor, read_cursor,  nullptr,         tell_cursor,
                                  seek_cursor, close_cursor, error_of_cursor, &cursor_};
    zip_ = unzOpen2_64(file.path().c_str(), &functions);
    if (!zip_) refuse("not a complete zip file: truncated or half-downloaded? Download it again");
  }
  ~Zip() {
    if (zip_) unzClose(zip_);
  }
  Zip(const Zip&) = delete;
  Zip& operator=(const Zip&) = delete;

  template <typename Visit>
  void for_each_member(const Visit& visit) {
    int state = unzGoToFirstFile(zip_);
    for (; state == UNZ_OK; state = unzGoToNextFile(zip_)) visit_current(visit);
    if (state != UNZ_END_OF_LIST_OF_FILE)
      refuse("the zip's central directory is damaged: download it again");
  }

 private:
  template <typename Visit>
  void visit_current(const Visit& visit) {
    unz_file_info64 info;
    char name[512];
    if (unzGetCurrentFileInfo64(zip_, &info, name, sizeof name, nullptr, 0, nullptr, 0) != UNZ_OK ||
        info.size_filename >= sizeof name) {
      refuse("the zip's central directory is damaged: download it again");
    }
    const std::string member(name, info.size_filename);
    if (info.compression_method != 0 || (info.flag & 1) ||
        info.compressed_size != info.uncompressed_size) {
      refuse("member " + printable(member) +
             " is compressed or encrypted: save it again with torch.save");
    }
    visit(member, bytes_of_current(member, info.uncompressed_size));
  }

  std::string_view bytes_of_current(const std::string& member, std::uint64_t size) {
    // Raw: nothing is inflated or checksummed, only the local header is read.
    int method = 0, level = 0;
    if (unzOpenCurrentFile2(zip_, &method, &level, 1) != UNZ_OK) {
      refuse("member " + printable(member) + " has a damaged header: download it again");
    }
    const std::uint64_t offset = unzGetCurrentFileZStreamPos64(zip_);
    unzCloseCurrentFile(zip_);
    if (offset > file_.size() || size > file_.size() - offset) {
      refuse("member " + printable(member) +
             " reaches beyond the end of the file: download it again");
    }
    return file_.text().substr(offset, size);
  }

  [[noreturn]] void refuse(const std::string& what) { throw UserError(file_.path() + ": " + what); }

  const MappedFile& file_;
  Cursor cursor_;
  unzFile zip_ = nullptr;
};

/// torch.save before 1.6 wrote bare pickles: protocol 2, then the magic number as LONG1 of 10
/// bytes.
bool is_legacy_torch(std::string_view text) {
  return text.starts_with(std::string_view("\x80\x02\x8a\x0a", 4));
}

void refuse_other_formats(const MappedFile& file) {
  if (file.text().starts_with("PK")) return;
  if (is_legacy_torch(file.text())) {
    throw UserError(
        file.path() +
        ": old torch format (torch.save before 1.6): save it again with torch >= 1.6, or "
        "convert it to safetensors");
  }
  throw UserError(
      file.path() +
      ": not a torch checkpoint: it does not begin as a zip file does; download it again");
}

}  // namespace

std::map<std::string, std::string_view> stored_members(const MappedFile& file) {
  refuse_other_formats(file);
  std::map<std::string, std::string_view> out;
  std::string folder;
  Zip(file).for_each_member([&](const std::string& name, std::string_view bytes) {
    const std::size_t slash = name.find('/');
    const std::string head = name.substr(0, slash);
    if (slash == std::string::npos || (!out.empty() && head != folder)) {
      throw UserError(file.path() + ": not a torch checkpoint: member " + printable(name) +
                      " is outside its one folder");
    }
    folder = head;
    if (!out.emplace(name.substr(slash + 1), bytes).second) {
      throw UserError(file.path() + ": zip member " + printable(name) + " stands twice");
    }
  });
  return out;
}

}  // namespace flm
