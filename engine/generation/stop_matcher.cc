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

std::size_t StopMatcher::find_earliest(std::span<const std::string> stops, const std::string& text,
                                       std::size_t from) {
  std::size_t earliest = std::string::npos;
  for (const std::string& stop : stops) earliest = std::min(earliest, text.find(stop, from));
  return earliest;
}

/// A space that ends a stop string comes with a later token than the rest of it, and at the latest
/// with the next one that has other bytes: a match counts until then.
bool StopMatcher::matches_at_end(Seen& seen, const std::string& added) const {
  const std::size_t size = seen.bytes.size(), end = in_space_ ? seen.last : size;
  if (!added.empty()) seen.last = size;
  seen.bytes += added;
  return find_earliest(filter_, seen.bytes, end - std::min(end, longest_ - 1)) != std::string::npos;
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
  if (const std::size_t at = find_earliest(stops_, text, 0); at != std::string::npos) {
    return text.substr(0, at);
  }
  const std::string marked = tokenizer_.decode(tokens, false);
  if (const std::size_t at = find_earliest(stops_, marked, 0); at != std::string::npos) {
    return cut_at(tokens, marked, at);
  }
  return std::nullopt;
}

/// `text` is decoded with special tokens and has a stop string at `position`: what stands before
/// it, without special tokens.
std::string StopMatcher::cut_at(std::span<const std::int32_t> tokens, const std::string& text,
                                std::size_t position) const {
  std::size_t count = 0, bytes = 0;  // whole tokens before the stop string
  for (std::size_t n = 1; n <= tokens.size(); ++n) {
    const std::size_t size = tokenizer_.decode(tokens.first(n), false).size();
    if (size > position) break;
    count = n;
    bytes = size;
  }
  std::string before = tokenizer_.decode(tokens.first(count), true);
  if (count < tokens.size() && !tokenizer_.is_special(tokens[count])) {
    before += text.substr(bytes, position - bytes);
  }
  return before;
}

}  // namespace flm
