#include "engine/checkpoint/contents/read_ahead.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace flm {
namespace {

// One request must not be so large that a system caps it, the window so large that it evicts
// itself.
constexpr std::int64_t kRequest = std::int64_t{4} << 20;
constexpr std::int64_t kWindow = std::int64_t{64} << 20;
// Asking costs time too: whoever asks goes back to its own work after this much.
constexpr std::int64_t kBurst = std::int64_t{8} << 20;

void advise(const std::byte* from, std::int64_t bytes, int advice) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(from) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(from) + static_cast<std::uintptr_t>(bytes);
  madvise(reinterpret_cast<void*>(begin), end - begin, advice);
}

}  // namespace

void ReadAhead::advance(std::int64_t used) {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock) return;  // another thread is asking for the same bytes
  const std::int64_t until = std::min(used + kWindow, requested_ + kBurst);
  while (next_ < extents_.size() && requested_ < until) {
    const Extent& extent = extents_[next_];
    const std::int64_t n = std::min(kRequest, extent.bytes - offset_);
    if (n > 0) advise(extent.data + offset_, n, MADV_WILLNEED);
    requested_ += n;
    offset_ += n;
    if (offset_ < extent.bytes) continue;
    offset_ = 0;
    ++next_;
  }
}

void map_pages(const std::byte* data, std::int64_t bytes) {
  advise(data, bytes, MADV_POPULATE_READ);
}

}  // namespace flm
