#include "engine/generation/kv_pages.h"

#include <algorithm>

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

KvPages::Key KvPages::key_of(std::int32_t parent, std::span<const std::int32_t> prompt,
                             std::size_t page) {
  Key key{parent, {}};
  const auto tokens = prompt.subspan(page * kPageSlots, kPageSlots);
  std::copy(tokens.begin(), tokens.end(), key.tokens.begin());
  return key;
}

std::vector<std::int32_t> KvPages::find_shared(std::span<const std::int32_t> prompt) const {
  const std::size_t most = (prompt.size() - 1) / kPageSlots;
  std::vector<std::int32_t> shared;
  while (shared.size() < most) {
    const std::int32_t parent = shared.empty() ? -1 : shared.back();
    const auto entry = tree_.find(key_of(parent, prompt, shared.size()));
    if (entry == tree_.end()) break;
    shared.push_back(entry->second);
  }
  return shared;
}

std::optional<KvPages::Lease> KvPages::acquire(std::span<const std::int32_t> prompt,
                                               std::int32_t positions) {
  FLM_CHECK(!prompt.empty() && positions >= static_cast<std::int32_t>(prompt.size()),
            "a lease of the K/V cache must cover its prompt");
  Lease lease{find_shared(prompt), 0};
  lease.shared_tokens = static_cast<std::int32_t>(lease.pages.size()) * kPageSlots;
  const auto idle = std::count_if(lease.pages.begin(), lease.pages.end(),
                                  [&](std::int32_t page) { return pages_[page].leases == 0; });
  const std::size_t total = pages_for(positions);
  const std::size_t unused = free_.size() + idle_.size() - static_cast<std::size_t>(idle);
  if (total - lease.pages.size() > unused) return std::nullopt;

  for (std::int32_t page : lease.pages) {
    if (pages_[page].leases++ == 0) idle_.erase({pages_[page].released, page});
  }
  while (lease.pages.size() < total) lease.pages.push_back(take_page());
  enter_pages(prompt, lease);
  return lease;
}

std::int32_t KvPages::take_page() {
  std::int32_t page = 0;
  if (!free_.empty()) {
    page = *free_.begin();
    free_.erase(free_.begin());
  } else {
    // The oldest idle page is a leaf of the tree: release() lets go of children before their
    // parents.
    page = idle_.begin()->second;
    idle_.erase(idle_.begin());
    tree_.erase(pages_[page].entry);
    pages_[page].entry = tree_.end();
  }
  pages_[page].leases = 1;
  return page;
}

void KvPages::enter_pages(std::span<const std::int32_t> prompt, const Lease& lease) {
  for (std::size_t i = lease.shared_tokens / kPageSlots; i < prompt.size() / kPageSlots; ++i) {
    const std::int32_t parent = i == 0 ? -1 : lease.pages[i - 1];
    const auto [entry, added] = tree_.emplace(key_of(parent, prompt, i), lease.pages[i]);
    if (!added)
      return;  // the prompt ends with this page: a copy of its own, for the last row must run
    pages_[lease.pages[i]].entry = entry;
  }
}

void KvPages::release(const Lease& lease) {
  for (auto it = lease.pages.rbegin(); it != lease.pages.rend(); ++it) {
    Page& page = pages_[*it];
    FLM_CHECK(page.leases > 0, "page " + std::to_string(*it) + " of the K/V cache released twice");
    if (--page.leases > 0) continue;
    page.released = ++clock_;
    if (page.entry == tree_.end()) {
      free_.insert(*it);
    } else {
      idle_.insert({page.released, *it});
    }
  }
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
