#include "engine/tokenizer/pre_tokenizer.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "engine/tokenizer/config.h"

namespace flm {
namespace {

// The rule that ByteLevel applies unless use_regex is false: GPT-2's.
constexpr const char* kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

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

bool is_numeric(UChar32 c) { return (U_GET_GC_MASK(c) & U_GC_N_MASK) != 0; }

}  // namespace

PreTokenizer::PreTokenizer(const Json& description, const std::string& origin) {
  add(description, origin);
  if (!byte_level_)
    throw UserError(origin + ": the pre_tokenizer has no ByteLevel; only byte-level BPE is read");
}

void PreTokenizer::add(const Json& description, const std::string& origin) {
  if (!description.is_object()) throw UserError(origin + ": pre_tokenizer must be an object");
  const std::string type = json_string(description, "type", origin);
  if (byte_level_)
    throw UserError(origin + ": ByteLevel must be the last pre_tokenizer; after it stands " + type);
  if (type == "Sequence") {
    const auto inner = description.find("pretokenizers");
    if (inner == description.end() || !inner->is_array())
      throw UserError(origin + ": pre_tokenizer Sequence has no list pretokenizers");
    for (const Json& step : *inner) add(step, origin);
  } else if (type == "Split") {
    add_split(description, origin);
  } else if (type == "Digits") {
    const bool single = json_bool(description, "individual_digits", origin, false);
    steps_.push_back({single ? Kind::kDigit : Kind::kDigitRun, {}, true, true});
    digits_ = true;
  } else if (type == "ByteLevel") {
    if (json_bool(description, "add_prefix_space", origin, true))
      throw UserError(origin + ": pre_tokenizer ByteLevel with add_prefix_space true is not known");
    byte_level_ = true;
    if (!json_bool(description, "use_regex", origin, true)) return;
    Step step;
    step.regex.emplace_back(kGpt2Pattern, false, origin);
    steps_.push_back(std::move(step));
    restrict_cuts(Cuts::kBeforeNewline);
  } else {
    throw UserError(origin +
                    ": unknown pre_tokenizer (known are Sequence, Split, Digits and "
                    "ByteLevel): " +
                    type);
  }
}

void PreTokenizer::add_split(const Json& description, const std::string& origin) {
  const auto pattern = description.find("pattern");
  const bool object = pattern != description.end() && pattern->is_object() && pattern->size() == 1;
  const std::string kind = object ? pattern->begin().key() : "";
  if ((kind != "Regex" && kind != "String") || !pattern->begin()->is_string())
    throw UserError(origin + ": pre_tokenizer Split needs a pattern with Regex or String");
  const std::string behavior = json_string(description, "behavior", origin);
  const bool invert = json_bool(description, "invert", origin, false);
  if (behavior != "Isolated" && behavior != "Removed")
    throw UserError(origin +
                    ": pre_tokenizer Split has an unknown behavior (known are Isolated and "
                    "Removed): " +
                    behavior);
  Step step;
  const auto text = pattern->begin()->get<std::string>();
  step.regex.emplace_back(text, kind == "String", origin);
  const bool plain = kind == "Regex" && behavior == "Isolated" && !invert;
  if (plain && text == kGpt2Pattern)
    restrict_cuts(Cuts::kBeforeNewline);
  else if (plain && (text == kLlama3Pattern || text == kQwen2Pattern))
    restrict_cuts(Cuts::kAfterNewline);
  else
    restrict_cuts(Cuts::kNowhere);
  step.keep_matches = behavior == "Isolated" || invert;
  step.keep_rest = behavior == "Isolated" || !invert;
  steps_.push_back(std::move(step));
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
  for (const ByteSpan& word : words) {
    // Each word is a text of its own: a look-ahead does not see beyond it.
    const std::string_view subject = text.substr(word.begin, word.end - word.begin);
    std::size_t done = 0, from = 0;
    while (from <= subject.size()) {
      const auto match = matcher.find(subject, from);
      if (!match) break;
      if (step.keep_rest) push(out, word.begin + done, word.begin + match->begin);
      if (step.keep_matches) push(out, word.begin + match->begin, word.begin + match->end);
      done = from = match->end;
      if (match->begin == match->end) {  // an empty match: go on behind the next character
        ++from;
        while (from < subject.size() && U8_IS_TRAIL(subject[from])) ++from;
      }
    }
    if (step.keep_rest) push(out, word.begin + done, word.end);
  }
}

void PreTokenizer::apply_digits(bool single, std::string_view text,
                                const std::vector<ByteSpan>& words, std::vector<ByteSpan>& out) {
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
      const bool digit = is_numeric(c);
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
