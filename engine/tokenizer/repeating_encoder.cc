#include <algorithm>

#include "engine/tokenizer.h"

namespace flm {
namespace {

constexpr std::size_t kLongestKept = 2048;                // bytes of a segment worth keeping
constexpr std::size_t kMostKept = std::size_t{32} << 20;  // bytes of all of them, about
constexpr std::size_t kSegmentOverhead = 96;              // of one entry
constexpr std::size_t kLongestCharacter = 4;              // UTF-8

std::size_t shared_prefix(std::string_view a, std::string_view b) {
  constexpr std::size_t kBlock = 256;
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at + kBlock <= most && a.substr(at, kBlock) == b.substr(at, kBlock)) at += kBlock;
  while (at < most && a[at] == b[at]) ++at;
  return at;
}

}  // namespace

/// Cuts the trail back to the last cut that `text` shares.
void RepeatingEncoder::rewind(Trail& trail, std::string_view text, bool special_tokens) const {
  std::size_t shared = shared_prefix(text, trail.text);
  if (special_tokens != trail.special_tokens) shared = 0;
  while (!trail.cuts.empty() && trail.cuts.back().at + kLongestCharacter > shared)
    trail.cuts.pop_back();
  trail.ids.resize(trail.cuts.empty() ? 0 : trail.cuts.back().ids);
  trail.text.resize(shared);
  trail.text.append(text.substr(shared));
  trail.special_tokens = special_tokens;
}

void RepeatingEncoder::append_after_cut(std::string_view segment, std::vector<std::int32_t>& ids) {
  const auto known = segments_.find(segment);
  if (known != segments_.end()) {
    ids.insert(ids.end(), known->second.begin(), known->second.end());
    return;
  }
  bytes_encoded_ += segment.size();
  const std::vector<std::int32_t> fresh = tokenizer_.encode_after_cut(segment);
  ids.insert(ids.end(), fresh.begin(), fresh.end());
  if (segment.size() > kLongestKept) return;
  segment_bytes_ += segment.size() + fresh.size() * sizeof(std::int32_t) + kSegmentOverhead;
  if (segment_bytes_ > kMostKept) {
    segments_.clear();
    segment_bytes_ = 0;
  }
  segments_.emplace(segment, fresh);
}

std::vector<std::int32_t> RepeatingEncoder::encode_ids(std::string_view text, bool special_tokens) {
  if (text == last_.text && special_tokens == last_.special_tokens && !last_.ids.empty())
    return last_.ids;
  Trail trail;
  std::swap(trail, last_);  // where the tokenizer refuses the text, nothing is known of it
  rewind(trail, text, special_tokens);
  for (std::size_t from = trail.cuts.empty() ? 0 : trail.cuts.back().at;;) {
    const std::size_t cut = tokenizer_.next_cut(text, from);
    const std::string_view segment = text.substr(from, cut - from);  // npos: the rest
    if (from > 0) {
      append_after_cut(segment, trail.ids);
    } else {
      bytes_encoded_ += segment.size();
      trail.ids = tokenizer_.encode_ids(segment, special_tokens);
    }
    if (cut == text.npos) break;
    trail.cuts.push_back({cut, trail.ids.size()});
    from = cut;
  }
  last_ = std::move(trail);
  return last_.ids;
}

}  // namespace flm
