#include "engine/checkpoint/tensors/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <thread>

#include "base/errors.h"
#include "base/system/system_error.h"

namespace flm {
namespace {

[[noreturn]] void fail(const std::string& path) { throw system_error("read", path, errno); }

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Time of a file moves in ticks: one that was changed so lately can be changed again without a
/// sign.
constexpr std::int64_t kSecond = 1'000'000'000;  // ns
constexpr std::int64_t kTick = 20'000'000;       // twice the longest that systems have
constexpr int kMostTicks = 50;

/// File systems without fractions of a second count whole ones, or two (FAT).
std::int64_t tick_of(std::int64_t changed) {
  return changed % kSecond == 0 ? 2 * kSecond + kTick : kTick;
}

}  // namespace

MappedFile::State MappedFile::state() const {
  struct stat s {};
  if (descriptor_ < 0) {
    // Another file of the name, or none, is none of ours.
    if (stat(place_.c_str(), &s) != 0 || s.st_dev != opened_.device || s.st_ino != opened_.inode)
      return opened_;
  } else if (fstat(descriptor_, &s) != 0) {
    fail(path_);
  }
  if (!S_ISREG(s.st_mode))
    throw UserError("not a regular file; put the file itself there: " + path_);
  return {s.st_size,
          nanoseconds(s.st_mtim),
          nanoseconds(s.st_ctim),
          s.st_dev,
          s.st_ino,
          s.st_nlink,
          s.st_mode,
          s.st_uid,
          s.st_gid};
}

/// Waits until the next change must show.
MappedFile::State MappedFile::settled_state() const {
  for (int i = 0; i < kMostTicks; ++i) {
    const State found = state();
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    const std::int64_t age = nanoseconds(now) - found.changed, tick = tick_of(found.changed);
    if (age < 0 || age > tick) return found;  // before 0: another machine's clock
    std::this_thread::sleep_for(std::chrono::nanoseconds(tick - age + 1));
  }
  throw UserError("somebody writes this file at the moment; wait until it is complete: " + path_);
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  std::shared_ptr<MappedFile> out(new MappedFile);
  out->path_ = path;
  out->descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (out->descriptor_ < 0) fail(path);
  out->is_file_ = true;
  out->opened_ = out->settled_state();
  std::error_code ignored;
  out->place_ = std::filesystem::canonical(path, ignored).string();
  const auto size = static_cast<std::size_t>(out->opened_.size);
  if (size == 0) return out;  // an empty range cannot be mapped
  void* address = mmap(nullptr, size, PROT_READ, MAP_SHARED, out->descriptor_, 0);
  if (address == MAP_FAILED) fail(path);
  out->data_ = static_cast<const std::byte*>(address);
  out->size_ = size;
  out->close_where_few_are_left();
  return out;
}

/// The mapping outlives the descriptor. Half of what a process may have is for others: the store,
/// data, libraries.
void MappedFile::close_where_few_are_left() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (static_cast<rlim_t>(descriptor_) < limit.rlim_cur / 2) return;
  close(descriptor_);
  descriptor_ = -1;
}

void MappedFile::release_pages(std::size_t begin, std::size_t end) const {
  if (!is_file_) return;  // advice for memory of our own would empty it
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  begin = (begin + page - 1) / page * page;
  end = end / page * page;
  if (begin >= end) return;
  madvise(const_cast<std::byte*>(data_) + begin, end - begin, MADV_DONTNEED);
}

std::string MappedFile::identity() const {
  const State& s = opened_;
  return place_ + " size " + std::to_string(s.size) + " device " + std::to_string(s.device) +
         " inode " + std::to_string(s.inode) + " mtime " + std::to_string(s.written) + " ctime " +
         std::to_string(s.changed);
}

/// What moves `changed` too, can be seen, and leaves the bytes.
bool MappedFile::touched(const State& now) const {
  return now.links != opened_.links || now.mode != opened_.mode || now.owner != opened_.owner ||
         now.group != opened_.group;
}

bool MappedFile::may_have_been_written() const {
  if (!is_file_) return false;
  const State now = state();
  return now.size == opened_.size && now.written == opened_.written &&
         now.changed != opened_.changed && !touched(now);
}

void MappedFile::require_unchanged() const {
  if (!is_file_) return;
  const State now = state();
  if (now.size == opened_.size && now.written == opened_.written &&
      (now.changed == opened_.changed || touched(now)))
    return;
  throw UserError(
      path_ +
      " changed while it was read; results since the last commit are dropped; let it be "
      "complete and run again");
}

std::shared_ptr<const MappedFile> MappedFile::of_bytes(std::string bytes, const std::string& path) {
  std::shared_ptr<MappedFile> out(new MappedFile);
  out->path_ = out->place_ = path;
  out->opened_.size = static_cast<std::int64_t>(bytes.size());
  out->owned_ = std::move(bytes);
  out->data_ = reinterpret_cast<const std::byte*>(out->owned_.data());
  out->size_ = out->owned_.size();
  return out;
}

MappedFile::~MappedFile() {
  if (is_file_ && data_) munmap(const_cast<std::byte*>(data_), size_);
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace flm
