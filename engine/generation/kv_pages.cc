#include "engine/generation/kv_pages.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/errors.h"

namespace flm {

KvPages::KvPages(std::int32_t pages) : pages_(pages, Page{0, 0, tree_.end()}) {
  for (std::int32_t page = 0; page < pages; ++page) free_.insert(page);
}

std::int32_t KvPages::pages_for(std::int32_t positions) {
  return positions / kPageSlots + (positions % kPageSlots != 0);
}

std::int32_t KvPages::pages_in_use() const {
  return static_cast<std::int32_t>(pages_.size() - free_.size() - idle_.size());
}

KvPages::Key KvPages::key_of(std::int32_t parent, Inputs inputs, std::size_t page) {
  Key key{parent, {}};
  key.tokens.fill(-1);
  const Inputs rest = inputs.subspan(page * kPageSlots);
  const auto count = std::min<std::size_t>(rest.size(), kPageSlots);
  std::copy_n(rest.begin(), count, key.tokens.begin());
  return key;
}

std::vector<std::int32_t> KvPages::find_shared(Inputs inputs) const {
  const std::size_t most = (inputs.size() - 1) / kPageSlots;
  std::vector<std::int32_t> shared;
  while (shared.size() < most) {
    const std::int32_t parent = shared.empty() ? -1 : shared.back();
    const auto entry = tree_.find(key_of(parent, inputs, shared.size()));
    if (entry == tree_.end()) break;
    shared.push_back(entry->second);
  }
  return shared;
}

/// Of the keys under a parent, in their order, a neighbour has the longest beginning in common.
KvPages::Source KvPages::find_source(Inputs inputs, const std::vector<std::int32_t>& shared) const {
  const std::int32_t parent = shared.empty() ? -1 : shared.back();
  const Key key = key_of(parent, inputs.first(inputs.size() - 1), shared.size());
  Source source;
  const auto look_at = [&](const auto& entry) {
    if (entry->first.parent != parent) return;
    std::int32_t tokens = 0;
    while (tokens < kPageSlots && key.tokens[tokens] >= 0 &&
           key.tokens[tokens] == entry->first.tokens[tokens])
      ++tokens;
    if (tokens > source.tokens) source = {entry->second, tokens};
  };
  const auto next = tree_.lower_bound(key);
  if (next != tree_.end()) look_at(next);
  if (next != tree_.begin()) look_at(std::prev(next));
  return source;
}

std::optional<KvPages::Lease> KvPages::acquire(Inputs inputs, std::int32_t positions) {
  FLM_CHECK(!inputs.empty() && positions >= static_cast<std::int32_t>(inputs.size()),
            "a lease of the K/V cache must cover its inputs");
  Lease lease{find_shared(inputs)};
  const Source source = find_source(inputs, lease.pages);
  lease.shared_tokens = static_cast<std::int32_t>(lease.pages.size()) * kPageSlots + source.tokens;
  const auto idle = std::count_if(lease.pages.begin(), lease.pages.end(),
                                  [&](std::int32_t page) { return is_idle(page); });
  const std::size_t total = pages_for(positions), own = total - lease.pages.size();
  const std::size_t unused = free_.size() + idle_.size() - static_cast<std::size_t>(idle);
  if (own > unused) return std::nullopt;

  for (std::int32_t page : lease.pages) lease_page(page);
  if (source.page >= 0 && is_idle(source.page) && own == unused) {
    // Every unused page is needed, those under the source too: it becomes the lease's own.
    lease.pages.push_back(take_idle(source.page));
  } else if (source.page >= 0) {
    lease.source = source.page;
    lease_page(source.page);
  }
  while (lease.pages.size() < total) lease.pages.push_back(take_page());
  enter_pages(inputs, lease);
  return lease;
}

bool KvPages::is_idle(std::int32_t page) const { return pages_[page].leases == 0; }

void KvPages::lease_page(std::int32_t page) {
  if (pages_[page].leases++ == 0) idle_.erase({pages_[page].released, page});
}

std::int32_t KvPages::take_page() {
  // The oldest idle page is a leaf of the tree: release() lets go of children before their parents.
  if (free_.empty()) return take_idle(idle_.begin()->second);
  const std::int32_t page = *free_.begin();
  free_.erase(free_.begin());
  pages_[page].leases = 1;
  return page;
}

std::int32_t KvPages::take_idle(std::int32_t page) {
  lease_page(page);
  tree_.erase(pages_[page].entry);
  pages_[page].entry = tree_.end();
  return page;
}

void KvPages::enter_pages(Inputs inputs, const Lease& lease) {
  for (std::size_t i = lease.shared_tokens / kPageSlots; i * kPageSlots < inputs.size(); ++i) {
    const std::int32_t parent = i == 0 ? -1 : lease.pages[i - 1];
    const auto [entry, added] = tree_.emplace(key_of(parent, inputs, i), lease.pages[i]);
    if (!added) return;  // equal inputs end with this page: each has its own, for the last row runs
    pages_[lease.pages[i]].entry = entry;
  }
}

void KvPages::release_source(Lease& lease) {
  if (lease.source >= 0) release_page(lease.source);
  lease.source = -1;
}

void KvPages::release(const Lease& lease) {
  if (lease.source >= 0) release_page(lease.source);
  std::for_each(lease.pages.rbegin(), lease.pages.rend(),
                [&](std::int32_t page) { release_page(page); });
}

void KvPages::release_page(std::int32_t index) {
  Page& page = pages_[index];
  FLM_CHECK(page.leases > 0, "page " + std::to_string(index) + " of the K/V cache released twice");
  if (--page.leases > 0) return;
  page.released = ++clock_;
  if (page.entry == tree_.end())
    free_.insert(index);
  else
    idle_.insert({page.released, index});
}

KvCopy copy_of(const KvPages::Lease& lease) {
  const std::int32_t own = lease.pages[lease.shared_tokens / KvPages::kPageSlots];
  return {lease.source * KvPages::kPageSlots, own * KvPages::kPageSlots,
          lease.shared_tokens % KvPages::kPageSlots};
}

std::int32_t append_path(const KvPages::Lease& lease, std::int32_t position,
                         std::vector<KvSegment>& segments) {
  const std::size_t first = segments.size();
  for (std::int32_t begin = 0; begin <= position; begin += KvPages::kPageSlots) {
    const std::int32_t slot = slot_of(lease, begin);
    const std::int32_t length = std::min(KvPages::kPageSlots, position + 1 - begin);
    if (segments.size() > first && segments.back().slot + segments.back().length == slot) {
      segments.back().length += length;
    } else {
      segments.push_back({slot, begin, length});
    }
  }
  return static_cast<std::int32_t>(segments.size() - first);
}

std::int32_t slot_of(const KvPages::Lease& lease, std::int32_t position) {
  return lease.pages[position / KvPages::kPageSlots] * KvPages::kPageSlots +
         position % KvPages::kPageSlots;
}

}  // namespace flm
