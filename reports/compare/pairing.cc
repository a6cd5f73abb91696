#include "reports/compare/pairing.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace flm {
namespace {

using Key = std::array<Digest, 4>;
using Positions = std::map<Key, std::vector<std::uint32_t>>;

Key key_of(const LoggedItem& item, bool with_requests) {
  return {item.document, item.prompt, with_requests ? item.requests : Digest{}, item.target};
}

Positions positions_of(const std::vector<LoggedItem>& items, bool with_requests) {
  Positions out;
  for (std::uint32_t i = 0; i < items.size(); ++i)
    out[key_of(items[i], with_requests)].push_back(i);
  return out;
}

/// Items of one document without a partner in the other run.
struct Unpaired {
  std::vector<const LoggedItem*> a, b;
};

ItemDifference difference_of(const LoggedItem& a, const LoggedItem& b, bool with_requests) {
  if (a.prompt != b.prompt) return ItemDifference::kPrompt;
  if (with_requests && a.requests != b.requests) return ItemDifference::kRequests;
  return ItemDifference::kTarget;
}

void count_differing(Pairing& out, const std::map<Digest, Unpaired>& unpaired, bool with_requests) {
  for (const auto& [document, items] : unpaired) {
    const std::size_t count = std::min(items.a.size(), items.b.size());
    for (std::size_t i = 0; i < count; ++i)
      ++out.differing[static_cast<int>(difference_of(*items.a[i], *items.b[i], with_requests))];
  }
}

void count_documents(Pairing& out, const std::vector<LoggedItem>& a,
                     const std::vector<LoggedItem>& b) {
  std::set<Digest> seen;
  for (const ItemPair& pair : out.pairs) {
    out.moved += a[pair.a].doc_id != b[pair.b].doc_id;
    out.repeats += !seen.insert(a[pair.a].document).second;
  }
  std::map<std::int64_t, Digest> named;
  for (const LoggedItem& item : a) named.try_emplace(item.doc_id, item.document);
  for (const LoggedItem& item : b) {
    const auto other = named.find(item.doc_id);
    out.renamed += other != named.end() && other->second != item.document;
  }
}

}  // namespace

Pairing pair_items(const std::vector<LoggedItem>& a, const std::vector<LoggedItem>& b,
                   bool with_requests) {
  Pairing out;
  Positions in_a = positions_of(a, with_requests), in_b = positions_of(b, with_requests);
  std::map<Digest, Unpaired> unpaired;
  for (const auto& [key, of_a] : in_a) {
    const std::vector<std::uint32_t>& of_b = in_b[key];
    const std::size_t common = std::min(of_a.size(), of_b.size());
    for (std::size_t i = 0; i < common; ++i) out.pairs.push_back({of_a[i], of_b[i]});
    for (std::size_t i = common; i < of_a.size(); ++i) unpaired[key[0]].a.push_back(&a[of_a[i]]);
  }
  for (const auto& [key, of_b] : in_b) {
    const auto found = in_a.find(key);
    const std::size_t common =
        found == in_a.end() ? 0 : std::min(found->second.size(), of_b.size());
    for (std::size_t i = common; i < of_b.size(); ++i) unpaired[key[0]].b.push_back(&b[of_b[i]]);
  }
  std::sort(out.pairs.begin(), out.pairs.end(),
            [](const ItemPair& x, const ItemPair& y) { return x.a < y.a; });
  out.only_a = static_cast<std::int64_t>(a.size() - out.pairs.size());
  out.only_b = static_cast<std::int64_t>(b.size() - out.pairs.size());
  count_differing(out, unpaired, with_requests);
  count_documents(out, a, b);
  return out;
}

}  // namespace flm
