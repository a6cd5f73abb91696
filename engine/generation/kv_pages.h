// Which sequence owns which K/V slots: pages of 64 positions, whole prompt pages shared by prefix.
// The keys and values themselves lie in the model's KvStorage.
//
//   positions                      0 .. 63    64 .. 127   128 .. 191
//   header (128 tokens) + tail A   page 0     page 1      page 2      page 2 also takes A's output
//   header (128 tokens) + tail B   page 0     page 1      page 3      its first 128 rows are A's
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engine/model/batch.h"

namespace flm {

/// Deals out pages. Page p holds slots [p * kPageSlots, (p + 1) * kPageSlots) and always positions
/// that start at a multiple of kPageSlots, so slot % kPageSlots == position % kPageSlots: a page is
/// a tile of attention. A page whose 64 tokens all belong to a prompt is entered in a tree under
/// its parent page; a later prompt with the same tokens from position 0 on takes it over instead of
/// computing it. Such pages are never written again. One that no sequence leases any more stays,
/// idle, until its place is needed, oldest first.
class KvPages {
 public:
  static constexpr std::int32_t kPageSlots = 64;

  /// The pages of one sequence, in ascending position.
  struct Lease {
    std::vector<std::int32_t> pages;
    std::int32_t shared_tokens = 0;  // leading positions whose K/V other sequences compute
  };

  explicit KvPages(std::int32_t pages);

  static std::int32_t pages_for(std::int32_t positions);

  /// Pages for positions 0 .. positions-1 (>= prompt.size()), or nothing while too few are unused.
  /// The last prompt token is never shared: its row must run to give logits. The caller has to
  /// compute the rows of leases in the order in which they were acquired, for a later lease relies
  /// on the pages of earlier ones.
  std::optional<Lease> acquire(std::span<const std::int32_t> prompt, std::int32_t positions);
  void release(const Lease& lease);

  std::int32_t pages_in_use() const;  // by leases

 private:
  struct Key {
    std::int32_t parent = -1;
    std::array<std::int32_t, kPageSlots> tokens{};
    auto operator<=>(const Key&) const = default;
  };
  struct Page {
    std::int32_t leases = 0;
    std::int64_t released = 0;  // when its last lease ended
    std::map<Key, std::int32_t>::iterator entry;
  };

  std::vector<std::int32_t> find_shared(std::span<const std::int32_t> prompt) const;
  std::int32_t take_page();
  void enter_pages(std::span<const std::int32_t> prompt, const Lease& lease);
  static Key key_of(std::int32_t parent, std::span<const std::int32_t> prompt, std::size_t page);

  std::map<Key, std::int32_t> tree_;  // before pages_, whose entries start at its end
  std::vector<Page> pages_;
  std::set<std::int32_t> free_;  // lowest first, so that runs stay together
  /// (released, page) of the pages in the tree that nobody leases.
  std::set<std::pair<std::int64_t, std::int32_t>> idle_;
  std::int64_t clock_ = 0;
};

/// Appends the path of a row at `position` to `segments`: the slots of 0 .. position, neighbouring
/// pages joined. Returns the number of segments.
std::int32_t append_path(const KvPages::Lease& lease, std::int32_t position,
                         std::vector<KvSegment>& segments);

/// Slot of a position of the lease.
std::int32_t slot_of(const KvPages::Lease& lease, std::int32_t position);

}  // namespace flm
