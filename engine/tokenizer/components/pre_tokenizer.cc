#include "engine/tokenizer/components/pre_tokenizer.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "engine/tokenizer/json_values.h"
#include "engine/tokenizer/regex/character_set.h"

namespace flm {
namespace {

// The rule that ByteLevel applies unless use_regex is false: GPT-2's.
constexpr const char* kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

constexpr std::array<std::array<UChar32, 2>, 2> kNumbersOfUnicode17 = {
    {{0x11DE0, 0x11DE9}, {0x16FF4, 0x16FF6}}};

constexpr const char* kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

bool is_space_before(std::string_view text, std::size_t at) {
  auto i = static_cast<std::int32_t>(std::min<std::size_t>(at, 4));
  const std::string_view near = text.substr(at - static_cast<std::size_t>(i), 4);
  UChar32 c = -1;
  U8_PREV(near.data(), 0, i, c);
  return u_hasBinaryProperty(c, UCHAR_WHITE_SPACE);
}

bool is_space_at(std::string_view text, std::size_t at) {
  const std::string_view near = text.substr(at, 4);
  std::int32_t i = 0;
  UChar32 c = -1;
  U8_NEXT(near.data(), i, static_cast<std::int32_t>(near.size()), c);
  return u_hasBinaryProperty(c, UCHAR_WHITE_SPACE);
}

void push(std::vector<ByteSpan>& words, std::size_t begin, std::size_t end) {
  if (begin < end) words.push_back({begin, end});
}

/// Numbers by Unicode 17.0, which the library's Digits has (its patterns have 16.0).
const CharacterSet& numeric_set() {
  static const CharacterSet all = [] {
    CharacterSet set = category_set(U_GC_N_MASK);
    for (const auto& [first, last] : kNumbersOfUnicode17) set.add(first, last);
    set.freeze();
    return set;
  }();
  return all;
}

/// Punctuation of ASCII, symbols and all, and of Unicode 8.0, which the library has for this step.
CharacterSet punctuation_set() {
  UErrorCode error = U_ZERO_ERROR;
  CharacterSet set;
  set.applyPropertyAlias("age", "8.0", error);
  FLM_CHECK(U_SUCCESS(error), std::string("ICU: ") + u_errorName(error));
  set.retainAll(category_set(U_GC_P_MASK)).add(0x166D).add(0x111C9);
  return set.add('!', '/').add(':', '@').add('[', '`').add('{', '~');
}

}  // namespace

PreTokenizer::PreTokenizer(const std::vector<const Json*>& steps, const std::string& origin) {
  for (const Json* step : steps) add(*step, origin);
}

void PreTokenizer::add(const Json& step, const std::string& origin) {
  const std::string type = json_string(step, "type", origin);
  if (byte_level_)
    throw UserError(origin + ": ByteLevel must be the last pre_tokenizer; after it stands " + type);
  if (type == "Split") {
    add_split(step, origin);
  } else if (type == "Digits") {
    const bool single = json_bool(step, "individual_digits", origin, false);
    steps_.push_back({single ? Kind::kDigit : Kind::kDigitRun, {}, Behavior::kIsolated, false});
    digits_ = true;
  } else if (type == "ByteLevel") {
    add_byte_level(step, origin);
  } else if (type == "Punctuation") {
    add_regex(Regex(punctuation_set()), behavior_of(step, origin, "Isolated"));
  } else if (type == "WhitespaceSplit") {
    add_regex(Regex(white_space_set()), Behavior::kRemoved);
  } else if (type == "Whitespace") {
    const CharacterSet word = rust_word_set();
    CharacterSet other = CharacterSet(0, 0x10FFFF).removeAll(word).removeAll(white_space_set());
    add_regex(Regex(std::vector<CharacterSet>{word, other}), Behavior::kRemoved, true);
  } else if (type == "CharDelimiterSplit") {
    add_regex(Regex(json_string(step, "delimiter", origin), true, origin), Behavior::kRemoved);
  } else if (type == "Metaspace") {
    throw UserError(origin + ": a pre_tokenizer before ByteLevel that is not read there: " + type);
  } else {
    unknown_component(origin, "pre_tokenizer",
                      "Sequence, Split, Digits, Punctuation, Whitespace, WhitespaceSplit, "
                      "CharDelimiterSplit, Metaspace and ByteLevel",
                      type);
  }
}

void PreTokenizer::add_byte_level(const Json& step, const std::string& origin) {
  byte_level_ = true;
  prefix_space_ = json_bool(step, "add_prefix_space", origin, true);
  if (prefix_space_ && !steps_.empty())
    throw UserError(origin +
                    ": pre_tokenizer ByteLevel with add_prefix_space true is not known behind "
                    "other steps; set add_prefix_space to false");
  if (!json_bool(step, "use_regex", origin, true)) return;
  add_regex(Regex(kGpt2Pattern, false, origin), Behavior::kIsolated);
  restrict_cuts(Cuts::kBeforeNewline);
}

void PreTokenizer::add_regex(Regex regex, Behavior behavior, bool invert) {
  Step step;
  step.regex.push_back(std::move(regex));
  step.behavior = behavior;
  step.invert = invert;
  steps_.push_back(std::move(step));
}

PreTokenizer::Behavior PreTokenizer::behavior_of(const Json& step, const std::string& origin,
                                                 const std::string& absent) {
  static constexpr std::pair<const char*, Behavior> kBehaviors[] = {
      {"Isolated", Behavior::kIsolated},
      {"Removed", Behavior::kRemoved},
      {"Contiguous", Behavior::kContiguous},
      {"MergedWithPrevious", Behavior::kWithPrevious},
      {"MergedWithNext", Behavior::kWithNext}};
  const std::string name = json_string(step, "behavior", origin, absent);
  for (const auto& [known, behavior] : kBehaviors)
    if (name == known) return behavior;
  throw UserError(origin +
                  ": a pre_tokenizer has an unknown behavior (known are Isolated, Removed, "
                  "Contiguous, MergedWithPrevious and MergedWithNext): " +
                  name);
}

void PreTokenizer::add_split(const Json& step, const std::string& origin) {
  const JsonPattern pattern = json_pattern(step, origin);
  const Behavior behavior = behavior_of(step, origin, "");
  const bool invert = json_bool(step, "invert", origin, false);
  add_regex(Regex(pattern.text, pattern.literal, origin), behavior, invert);
  const bool plain = !pattern.literal && behavior == Behavior::kIsolated && !invert;
  if (plain && pattern.text == kGpt2Pattern)
    restrict_cuts(Cuts::kBeforeNewline);
  else if (plain && (pattern.text == kLlama3Pattern || pattern.text == kQwen2Pattern))
    restrict_cuts(Cuts::kAfterNewline);
  else
    restrict_cuts(Cuts::kNowhere);
}

void PreTokenizer::restrict_cuts(Cuts cuts) {
  cuts_ = cuts_ == Cuts::kUnknown || cuts_ == cuts ? cuts : Cuts::kNowhere;
}

std::size_t PreTokenizer::next_cut(std::string_view text, std::size_t from) const {
  const bool before = cuts_ == Cuts::kBeforeNewline;
  if (!before && (cuts_ != Cuts::kAfterNewline || digits_)) return text.npos;
  for (std::size_t at = text.find('\n', from + before); at != text.npos;
       at = text.find('\n', at + 1)) {
    if (before && !is_space_before(text, at)) return at;
    if (!before && at + 1 < text.size() && !is_space_at(text, at + 1)) return at + 1;
  }
  return text.npos;
}

std::vector<ByteSpan> PreTokenizer::split(std::string_view text) const {
  std::vector<ByteSpan> words, next;
  push(words, 0, text.size());
  for (const Step& step : steps_) {
    next.clear();
    if (step.kind == Kind::kRegex)
      apply_regex(step, text, words, next);
    else
      apply_digits(step.kind == Kind::kDigit, text, words, next);
    words.swap(next);
  }
  return words;
}

void PreTokenizer::apply_regex(const Step& step, std::string_view text,
                               const std::vector<ByteSpan>& words, std::vector<ByteSpan>& out) {
  Regex::Matcher matcher(step.regex.front());
  std::vector<ByteSpan> matches;
  std::vector<Stretch> stretches;
  for (const ByteSpan& word : words) {
    // Each word is a text of its own: a look-ahead does not see beyond it.
    const std::string_view subject = text.substr(word.begin, word.end - word.begin);
    matcher.find_all(subject, matches);
    if (step.behavior == Behavior::kIsolated) {  // the usual one, in one go
      std::size_t done = word.begin;
      for (const ByteSpan& match : matches) {
        push(out, done, word.begin + match.begin);
        push(out, word.begin + match.begin, done = word.begin + match.end);
      }
      push(out, done, word.end);
      continue;
    }
    stretches.clear();
    std::size_t done = 0;
    for (const ByteSpan& match : matches) {
      if (match.begin > done) stretches.push_back({done, match.begin, step.invert});
      stretches.push_back({match.begin, done = match.end, !step.invert});
    }
    if (done < subject.size()) stretches.push_back({done, subject.size(), step.invert});
    join(step, stretches);
    for (const Stretch& stretch : stretches)
      push(out, word.begin + stretch.begin, word.begin + stretch.end);
  }
}

/// Joins stretches as the behavior says; those that are removed become empty.
void PreTokenizer::join(const Step& step, std::vector<Stretch>& stretches) {
  std::vector<Stretch> out;
  const bool backwards = step.behavior == Behavior::kWithNext;
  if (backwards) std::reverse(stretches.begin(), stretches.end());
  bool after_match = false;
  for (Stretch& next : stretches) {
    const bool joins = step.behavior == Behavior::kContiguous
                           ? next.match == after_match
                           : step.behavior != Behavior::kRemoved && next.match && !after_match;
    after_match = next.match;
    if (step.behavior == Behavior::kRemoved && next.match) next.end = next.begin;
    if (joins && !out.empty())
      (backwards ? out.back().begin : out.back().end) = backwards ? next.begin : next.end;
    else
      out.push_back(next);
  }
  if (backwards) std::reverse(out.begin(), out.end());
  stretches.swap(out);
}

void PreTokenizer::apply_digits(bool single, std::string_view text,
                                const std::vector<ByteSpan>& words, std::vector<ByteSpan>& out) {
  const CharacterSet& numbers = numeric_set();
  for (const ByteSpan& word : words) {
    std::size_t start = word.begin;
    bool in_digits = false;
    for (std::size_t at = word.begin; at < word.end;) {
      UChar32 c = text[at];
      std::size_t next = at + 1;
      if (!U8_IS_SINGLE(static_cast<unsigned char>(c))) {
        std::int32_t n = 0;
        U8_NEXT(text.data() + at, n,
                static_cast<std::int32_t>(std::min<std::size_t>(4, word.end - at)), c);
        next = at + static_cast<std::size_t>(n);
      }
      const bool digit = numbers.contains(c);
      if (digit != in_digits || (digit && single)) {
        push(out, start, at);
        start = at;
      }
      in_digits = digit;
      at = next;
    }
    push(out, start, word.end);
  }
}

}  // namespace flm
