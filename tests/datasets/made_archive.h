// Archives made in a test, with whatever members it wants.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace flm {

struct MadeMember {
  std::string name, text;
  std::string symlink = {}, hardlink = {};
};

/// The bytes of an archive: zip, tar, tar.gz, tar.xz or tar.zst.
inline std::string made_archive(const std::string& format, const std::vector<MadeMember>& members) {
  const std::unique_ptr<archive, int (*)(archive*)> out(archive_write_new(), archive_write_free);
  if (format == "zip")
    archive_write_set_format_zip(out.get());
  else
    archive_write_set_format_gnutar(out.get());
  if (format == "tar.gz") archive_write_add_filter_gzip(out.get());
  if (format == "tar.xz") archive_write_add_filter_xz(out.get());
  if (format == "tar.zst") archive_write_add_filter_zstd(out.get());
  std::string bytes(std::size_t{1} << 22, '\0');
  std::size_t used = 0;
  archive_write_open_memory(out.get(), bytes.data(), bytes.size(), &used);
  for (const MadeMember& member : members) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), member.name.c_str());
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_filetype(entry.get(), member.name.ends_with("/") ? AE_IFDIR : AE_IFREG);
    if (!member.symlink.empty()) {
      archive_entry_set_filetype(entry.get(), AE_IFLNK);
      archive_entry_set_symlink(entry.get(), member.symlink.c_str());
    }
    if (!member.hardlink.empty()) archive_entry_set_hardlink(entry.get(), member.hardlink.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.text.size()));
    archive_write_header(out.get(), entry.get());
    archive_write_data(out.get(), member.text.data(), member.text.size());
  }
  archive_write_close(out.get());
  bytes.resize(used);
  return bytes;
}

}  // namespace flm
