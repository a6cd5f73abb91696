#include "engine/generation/stop_matcher.h"

#include <algorithm>

namespace flm {
namespace {

std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

}  // namespace

StopMatcher::StopMatcher(std::span<const std::string> stops, const Tokenizer& tokenizer)
    : stops_(stops), tokenizer_(tokenizer) {
  for (const std::string& stop : stops) {
    filter_.push_back(without_spaces(stop));
    longest_ = std::max(longest_, filter_.back().size());
    in_space_ = in_space_ || stop.ends_with(' ');
    always_ = always_ || filter_.back().empty() || stop.find("\uFFFD") != std::string::npos;
  }
}

/// Where `text` ends when it is cut at the first occurrence of each stop string in turn, as
/// lm-evaluation-harness does: of two that overlap the first in the list decides. Its size:
/// nowhere.
std::size_t StopMatcher::cut_of(std::string_view text) const {
  std::size_t end = text.size();
  for (const std::string& stop : stops_) end = std::min(end, text.substr(0, end).find(stop));
  return end;
}

/// A space that ends a stop string comes with a later token than the rest of it, and at the latest
/// with the next one that has other bytes: a match counts until then.
bool StopMatcher::matches_at_end(Seen& seen, const std::string& added) const {
  const std::size_t size = seen.bytes.size(), end = in_space_ ? seen.last : size;
  if (!added.empty()) seen.last = size;
  seen.bytes += added;
  const std::size_t from = end - std::min(end, longest_ - 1);
  return std::any_of(filter_.begin(), filter_.end(), [&](const std::string& stop) {
    return seen.bytes.find(stop, from) != std::string::npos;
  });
}

bool StopMatcher::fires(std::int32_t id) {
  if (always_) return true;
  const std::string bytes = without_spaces(tokenizer_.token_bytes(id));
  const bool plain = !tokenizer_.is_special(id) && matches_at_end(plain_, bytes);
  const bool marked = matches_at_end(marked_, bytes);
  return plain || marked;
}

void StopMatcher::pass(std::span<const std::int32_t> tokens) {
  if (stops_.empty()) return;
  for (std::int32_t id : tokens) (void)fires(id);
}

std::optional<std::string> StopMatcher::advance(std::span<const std::int32_t> tokens) {
  if (stops_.empty() || !fires(tokens.back())) return std::nullopt;
  const std::string text = tokenizer_.decode(tokens, true);
  const std::size_t end = cut_of(text);
  if (end < text.size()) return text.substr(0, end);
  const std::string marked = tokenizer_.decode(tokens, false);
  return cut_of(marked) < marked.size() ? std::optional(text) : std::nullopt;
}

}  // namespace flm
