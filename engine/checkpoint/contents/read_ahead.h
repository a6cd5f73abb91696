// Reads mapped files ahead of whoever walks over them, so that the disk works while others compute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace flm {

/// Extents of mapped files in the order in which they will be used, of which a window stays
/// requested ahead of the use. Any thread may call; advice only: a failure changes nothing.
class ReadAhead {
 public:
  struct Extent {
    const std::byte* data;
    std::int64_t bytes;
  };
  explicit ReadAhead(std::vector<Extent> extents) : extents_(std::move(extents)) {}

  /// `used` bytes of the extents, in their order, are done with or being used.
  void advance(std::int64_t used);

 private:
  std::mutex mutex_;
  std::vector<Extent> extents_;
  std::size_t next_ = 0;        // extent
  std::int64_t offset_ = 0;     // in it
  std::int64_t requested_ = 0;  // in all
};

/// Maps pages that lie in memory in one go instead of one fault for every few of them.
void map_pages(const std::byte* data, std::int64_t bytes);

}  // namespace flm
