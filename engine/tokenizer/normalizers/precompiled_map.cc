#include "engine/tokenizer/normalizers/precompiled_map.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <cstring>

#include "base/errors.h"
#include "engine/tokenizer/normalizers/character_map.h"

namespace flm {
namespace {

constexpr std::size_t kLongestWhole = 5;  // bytes of a cluster that is looked up as a whole

// A unit of darts-clone's double array.
bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
std::uint32_t value(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }

std::size_t character_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

bool one_byte_clusters(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '\r'; });
}

/// The ends of what users see as characters: extended grapheme clusters.
std::vector<std::size_t> cluster_ends(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaks(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), error));
  UText view = UTEXT_INITIALIZER;
  utext_openUTF8(&view, text.data(), static_cast<std::int64_t>(text.size()), &error);
  FLM_CHECK(U_SUCCESS(error), std::string("ICU: ") + u_errorName(error));
  breaks->setText(&view, error);
  FLM_CHECK(U_SUCCESS(error), std::string("ICU: ") + u_errorName(error));
  std::vector<std::size_t> ends;
  for (std::int32_t at = breaks->next(); at != icu::BreakIterator::DONE; at = breaks->next())
    ends.push_back(static_cast<std::size_t>(at));
  utext_close(&view);
  return ends;
}

}  // namespace

PrecompiledMap::PrecompiledMap(std::string_view bytes, const std::string& origin) {
  if (!character_map_is_sound(bytes))
    throw UserError(origin + ": Precompiled has a broken precompiled_charsmap; download it again");
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  trie_.resize(length / sizeof(std::uint32_t));
  std::memcpy(trie_.data(), bytes.data() + sizeof length, length);
  replacements_ = bytes.substr(sizeof length + length);
}

std::optional<std::string_view> PrecompiledMap::replacement(std::string_view chunk) const {
  std::size_t node = offset(trie_[0]);
  for (const char c : chunk) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) break;
    node ^= byte;
    const std::uint32_t unit = trie_[node];
    if (label(unit) != byte) break;
    node ^= offset(unit);
    if (has_leaf(unit)) return replacements_.c_str() + value(trie_[node]);
  }
  return std::nullopt;
}

void PrecompiledMap::replace_cluster(std::string_view text, std::size_t begin, std::size_t end,
                                     Rewriter& out) const {
  if (end - begin <= kLongestWhole) {
    if (const auto whole = replacement(text.substr(begin, end - begin))) {
      out.put(*whole, begin);
      return;
    }
  }
  while (begin < end) {
    const std::size_t next = std::min(end, begin + character_length(text[begin]));
    if (const auto one = replacement(text.substr(begin, next - begin)))
      out.put(*one, begin);
    else
      out.keep(begin, next);
    begin = next;
  }
}

Normalized PrecompiledMap::apply(const Normalized& text) const {
  const std::string_view whole = text.text;
  if (whole.size() > 0x7FFFFFF0) throw UserError("a text of more than 2 GiB cannot be normalized");
  Rewriter out(text);
  if (one_byte_clusters(whole)) {
    for (std::size_t at = 0; at < whole.size(); ++at) replace_cluster(whole, at, at + 1, out);
  } else {
    std::size_t begin = 0;
    for (const std::size_t end : cluster_ends(whole)) {
      replace_cluster(whole, begin, end, out);
      begin = end;
    }
  }
  out.set_start(true);  // the library loses count of what this step takes off the beginning
  return out.finish();
}

}  // namespace flm
