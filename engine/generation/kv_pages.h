// Which sequence owns which K/V slots: pages of 64 positions. What inputs have in common from their
// first token on is computed once: whole pages are shared, the rest of it is copied from a page to
// another. The keys and values themselves lie in the model's KvStorage.
//
//   positions                      0 .. 63    64 .. 127   128 .. 191
//   header (150 tokens) + tail A   page 0     page 1      page 2      page 2 also takes A's output
//   header (150 tokens) + tail B   page 0     page 1      page 3      128 .. 149 copied from page 2
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engine/backend/batch.h"

namespace flm {

/// Deals out pages. Page p holds slots [p * kPageSlots, (p + 1) * kPageSlots) and always positions
/// that start at a multiple of kPageSlots, so slot % kPageSlots == position % kPageSlots: a page is
/// a tile of attention. The pages of an input are entered in a tree, each under its parent page
/// with its tokens, the last one with as many as it has. Later inputs lease a page whose 64 tokens
/// are theirs from position 0 on, and copy the beginning of the page that goes on like theirs the
/// longest. What is in the tree is never written again. A page that nobody leases any more stays,
/// idle, until its place is needed, oldest first.
///
/// Where inputs come in ascending order, each has its longest common prefix with the one before it,
/// whose pages are there: only acquire() takes the place of idle pages, and not of those that it
/// shares. So of inputs in order every prefix is computed once, however few pages there are; only
/// the last row of an input runs again where another one is equal.
class KvPages {
 public:
  static constexpr std::int32_t kPageSlots = 64;

  /// The pages of one sequence, in ascending position.
  struct Lease {
    std::vector<std::int32_t> pages;
    std::int32_t shared_tokens = 0;  // leading positions whose K/V other sequences compute
    // Page that the positions in the first page of its own come from; -1: none.
    std::int32_t source = -1;
  };

  explicit KvPages(std::int32_t pages);

  static std::int32_t pages_for(std::int32_t positions);

  /// Pages for positions 0 .. positions-1 (>= inputs.size()), or nothing while too few are unused.
  /// The last token is never shared: its row must run to give logits. The caller has to compute the
  /// rows of leases in the order in which they were acquired, for a later lease relies on the pages
  /// of earlier ones, and to do the copy (copy_of) before the first of the lease's own rows is
  /// read.
  std::optional<Lease> acquire(std::span<const std::int32_t> inputs, std::int32_t positions);
  /// Once the copy is done: its source need not stay any longer.
  void release_source(Lease& lease);
  void release(const Lease& lease);

  std::int32_t pages_in_use() const;  // by leases

 private:
  using Inputs = std::span<const std::int32_t>;
  struct Key {
    std::int32_t parent = -1;
    std::array<std::int32_t, kPageSlots> tokens{};  // -1 behind the last one
    auto operator<=>(const Key&) const = default;
  };
  /// A page that begins like an input, and for how many tokens.
  struct Source {
    std::int32_t page = -1, tokens = 0;
  };
  struct Page {
    std::int32_t leases = 0;
    std::int64_t released = 0;  // when its last lease ended
    std::map<Key, std::int32_t>::iterator entry;
  };

  std::vector<std::int32_t> find_shared(Inputs inputs) const;
  Source find_source(Inputs inputs, const std::vector<std::int32_t>& shared) const;
  bool is_idle(std::int32_t page) const;
  void lease_page(std::int32_t page);
  void release_page(std::int32_t page);
  std::int32_t take_page();
  std::int32_t take_idle(std::int32_t page);
  void enter_pages(Inputs inputs, const Lease& lease);
  static Key key_of(std::int32_t parent, Inputs inputs, std::size_t page);

  std::map<Key, std::int32_t> tree_;  // before pages_, whose entries start at its end
  std::vector<Page> pages_;
  std::set<std::int32_t> free_;  // lowest first, so that runs stay together
  /// (released, page) of the pages in the tree that nobody leases.
  std::set<std::pair<std::int64_t, std::int32_t>> idle_;
  std::int64_t clock_ = 0;
};

/// What is copied before the lease's own rows are read; there must be a source.
KvCopy copy_of(const KvPages::Lease& lease);

/// Appends the path of a row at `position` to `segments`: the slots of 0 .. position, neighbouring
/// pages joined. Returns the number of segments.
std::int32_t append_path(const KvPages::Lease& lease, std::int32_t position,
                         std::vector<KvSegment>& segments);

/// Slot of a position of the lease.
std::int32_t slot_of(const KvPages::Lease& lease, std::int32_t position);

}  // namespace flm
