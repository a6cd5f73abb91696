#include "engine/tokenizer/added_tokens.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "engine/tokenizer/regex/character_set.h"

namespace flm {
namespace {

UChar32 character_at(std::string_view text, std::size_t at) {
  UChar32 c = -1;
  auto i = static_cast<int32_t>(0);
  const std::string_view rest = text.substr(at, 4);
  U8_NEXT(rest.data(), i, static_cast<int32_t>(rest.size()), c);
  return c;
}

std::size_t previous_start(std::string_view text, std::size_t at) {
  do --at;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

bool is_word(UChar32 c) {
  static const CharacterSet words = [] {
    CharacterSet set = rust_word_set();
    set.freeze();
    return set;
  }();
  return words.contains(c);
}

bool is_space(UChar32 c) { return u_hasBinaryProperty(c, UCHAR_WHITE_SPACE); }

/// A word character directly before or after keeps a single_word token from matching.
bool touches_word(std::string_view text, std::size_t begin, std::size_t end) {
  const bool before = begin > 0 && is_word(character_at(text, previous_start(text, begin)));
  return before || (end < text.size() && is_word(character_at(text, end)));
}

std::size_t space_begin(std::string_view text, std::size_t at, std::size_t lowest) {
  while (at > lowest) {
    const std::size_t previous = previous_start(text, at);
    if (!is_space(character_at(text, previous))) break;
    at = previous;
  }
  return at;
}

std::size_t space_end(std::string_view text, std::size_t at, std::size_t highest) {
  while (at < highest) {
    const UChar32 c = character_at(text, at);
    if (!is_space(c)) break;
    at += static_cast<std::size_t>(U8_LENGTH(c));
  }
  return at;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::erase_if(tokens_, [](const AddedToken& t) { return t.content.empty(); });
  std::vector<std::pair<std::string, std::uint32_t>> all, raw, normalized;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    AddedToken& token = tokens_[i];
    if (token.sought.empty()) token.sought = token.content;
    const std::pair sought(token.sought, static_cast<std::uint32_t>(i));
    all.push_back(sought);
    (token.normalized ? normalized : raw).push_back(sought);
    by_id_.emplace(token.id, i);
  }
  all_ = LongestPrefix(std::move(all));
  raw_ = LongestPrefix(std::move(raw));
  normalized_ = LongestPrefix(std::move(normalized));
}

const AddedToken* AddedTokens::match(std::string_view text, std::size_t at, std::size_t end,
                                     std::optional<bool> normalized) const {
  const LongestPrefix& strings = !normalized ? all_ : *normalized ? normalized_ : raw_;
  const auto index = strings.find(text.substr(at, end - at));
  return index ? &tokens_[*index] : nullptr;
}

std::vector<TextPart> AddedTokens::split(std::string_view text, std::size_t begin, std::size_t end,
                                         std::optional<bool> normalized) const {
  std::vector<TextPart> parts;
  std::size_t done = begin;
  for (std::size_t at = begin; at < end;) {
    const AddedToken* token = match(text, at, end, normalized);
    if (token == nullptr) {
      ++at;
      continue;
    }
    std::size_t from = at, to = at + token->sought.size();
    at = to;
    if (token->single_word && touches_word(text, from, to)) continue;
    if (token->lstrip) from = std::max(space_begin(text, from, done), done);
    if (token->rstrip) to = space_end(text, to, end);
    if (from >= to) continue;  // white space that the one before took whole
    if (from > done) parts.push_back({done, from, nullptr});
    parts.push_back({from, to, token});
    // What rstrip took is searched on: a token of white space may lie in it, and comes too.
    done = to;
    if (!normalized) at = to;  // the slow classes of transformers do not
  }
  if (done < end) parts.push_back({done, end, nullptr});
  return parts;
}

std::vector<TextPart> AddedTokens::split(std::string_view text, std::size_t begin, std::size_t end,
                                         bool normalized) const {
  return split(text, begin, end, std::optional<bool>(normalized));
}

std::vector<TextPart> AddedTokens::split_all(std::string_view text) const {
  return split(text, 0, text.size(), std::optional<bool>());
}

const AddedToken* AddedTokens::find_id(std::int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

}  // namespace flm
