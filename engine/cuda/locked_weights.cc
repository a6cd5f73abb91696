#include "engine/cuda/locked_weights.h"

namespace flm {

const PinnedMemory* LockedWeights::find(const Slice& slice, std::int64_t bytes,
                                        const std::function<void(std::byte* out)>& fill) {
  Entry* entry = nullptr;
  {
    const std::lock_guard lock(mutex_);
    auto& place = entries_[slice];
    if (!place) place = std::make_unique<Entry>();
    entry = place.get();
  }
  std::call_once(entry->filled, [&] {
    if (!entry->memory) entry->memory = lock(bytes);  // else a fill failed before
    if (entry->memory) fill(entry->memory->data());
  });
  return entry->memory.get();
}

std::unique_ptr<PinnedMemory> LockedWeights::lock(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > left_) return nullptr;
  auto memory = PinnedMemory::where_there_is_room(bytes);
  left_ = memory ? left_ - bytes : 0;
  return memory;
}

}  // namespace flm
