#include "engine/tokenizer/spans.h"

#include <algorithm>

namespace flm {

std::size_t character_start(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

void tile_spans(Encoding& encoding, std::size_t first, std::size_t begin, std::size_t end) {
  auto& spans = encoding.spans;
  std::size_t cursor = begin;
  std::size_t last = spans.size();  // the last piece that owns bytes
  for (std::size_t i = first; i < spans.size(); ++i) {
    const std::size_t to = std::clamp(spans[i].end, cursor, end);
    const bool empty = spans[i].begin >= spans[i].end || to == cursor;
    spans[i] = {cursor, empty ? cursor : to};
    if (empty) continue;
    cursor = to;
    last = i;
  }
  if (cursor == end) return;
  if (first == spans.size()) {
    encoding.dropped.push_back({cursor, end});
    return;
  }
  if (last == spans.size()) last = first;
  spans[last].end = end;
  for (std::size_t i = last + 1; i < spans.size(); ++i) spans[i] = {end, end};
}

}  // namespace flm
