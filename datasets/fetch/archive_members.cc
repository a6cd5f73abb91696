#include "datasets/fetch/archive_members.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/errors.h"
#include "base/text/printable.h"

namespace flm {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 16;

/// No root, no drive, no "..", no backslash, no control sign.
bool stays_below(const std::string& name) {
  if (name.empty() || name.front() == '/') return false;
  const auto bad = [](unsigned char c) { return c < 32 || c == '\\' || c == ':'; };
  if (std::any_of(name.begin(), name.end(), bad)) return false;
  for (const auto& part : std::filesystem::path(name))
    if (part == "..") return false;
  return true;
}

}  // namespace

struct ArchiveMembers::State {
  std::unique_ptr<archive, int (*)(archive*)> reader{archive_read_new(), archive_read_free};
  archive_entry* entry = nullptr;
};

ArchiveMembers::ArchiveMembers(const std::string& origin, const ArchiveLimits& limits, int)
    : origin_(origin), limits_(limits), state_(std::make_unique<State>()) {
  archive* reader = state_->reader.get();
  FLM_CHECK(reader != nullptr, "archive_read_new");
  archive_read_support_format_tar(reader);
  archive_read_support_format_zip(reader);
  archive_read_support_filter_gzip(reader);
  archive_read_support_filter_bzip2(reader);
  archive_read_support_filter_xz(reader);
  archive_read_support_filter_zstd(reader);
}

ArchiveMembers::ArchiveMembers(const std::string& path, const ArchiveLimits& limits)
    : ArchiveMembers(path, limits, 0) {
  if (archive_read_open_filename(state_->reader.get(), path.c_str(), kBlock) != ARCHIVE_OK) fail();
}

ArchiveMembers::ArchiveMembers(std::string_view bytes, const std::string& origin,
                               const ArchiveLimits& limits)
    : ArchiveMembers(origin, limits, 0) {
  if (archive_read_open_memory(state_->reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    fail();
}

ArchiveMembers::~ArchiveMembers() = default;

void ArchiveMembers::refuse(const std::string& what) const {
  throw UserError("cannot unpack " + origin_ + ": " + what +
                  "; fetch the archive again from its official source");
}

void ArchiveMembers::fail() const {
  const char* why = archive_error_string(state_->reader.get());
  refuse(why ? printable(why) : "it is damaged");
}

archive_entry* ArchiveMembers::next_entry() {
  const int status = archive_read_next_header(state_->reader.get(), &state_->entry);
  if (status == ARCHIVE_EOF) return nullptr;
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail();
  if (++members_ > limits_.members) refuse("more members than " + std::to_string(limits_.members));
  return state_->entry;
}

/// "" for the archive's own folder.
std::string ArchiveMembers::checked_name() const {
  const char* text = archive_entry_pathname_utf8(state_->entry);
  if (!text) text = archive_entry_pathname(state_->entry);
  if (!text) refuse("a member has no readable name");
  std::string name = text;
  while (name.starts_with("./")) name.erase(0, 2);
  if (name == ".") name.clear();
  if (!name.empty() && !stays_below(name))
    refuse("a member's name leads out of the folder: " + printable(name));
  return name;
}

bool ArchiveMembers::next() {
  while (next_entry()) {
    name_ = checked_name();
    if (!name_.empty() && archive_entry_filetype(state_->entry) != AE_IFDIR) return true;
  }
  return false;
}

bool ArchiveMembers::is_file() const {
  return archive_entry_filetype(state_->entry) == AE_IFREG &&
         !archive_entry_hardlink(state_->entry);
}

void ArchiveMembers::read(const std::function<void(std::string_view)>& take) {
  std::vector<char> block(kBlock);
  for (;;) {
    const la_ssize_t count = archive_read_data(state_->reader.get(), block.data(), block.size());
    if (count < 0) fail();
    if (count == 0) return;
    bytes_ += static_cast<std::uint64_t>(count);
    if (bytes_ > limits_.bytes)
      refuse("more than " + std::to_string(limits_.bytes) + " bytes come out, at " +
             printable(name_));
    take({block.data(), static_cast<std::size_t>(count)});
  }
}

}  // namespace flm
