#include "engine/tokenizer/normalizers/normalizer.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "engine/tokenizer/json_values.h"

namespace flm {
namespace {

constexpr const char* kKnown =
    "NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Replace, Prepend, Nmt, Precompiled";

std::string base64_bytes(const std::string& text, const std::string& origin) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : std::string_view(text).substr(0, text.find_last_not_of('=') + 1)) {
    const std::size_t six = kAlphabet.find(c);
    if (six == kAlphabet.npos)
      throw UserError(origin + ": precompiled_charsmap is not base64; download it again");
    bits = bits << 6 | static_cast<std::uint32_t>(six);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xFF);
  }
  return out;
}

bool is_space(UChar32 c) { return u_hasBinaryProperty(c, UCHAR_WHITE_SPACE); }

/// Without white space at its ends; what is taken off at the front belongs to what follows it.
Normalized stripped(bool left, bool right, const Normalized& text) {
  const char* const bytes = text.text.data();
  const auto size = static_cast<std::int32_t>(text.text.size());
  std::int32_t begin = 0, end = size;
  UChar32 c;
  for (std::int32_t at = 0; left && at < size; begin = at) {
    U8_NEXT(bytes, at, size, c);
    if (!is_space(c)) break;
  }
  for (std::int32_t at = size; right && at > begin; end = at) {
    U8_PREV(bytes, begin, at, c);
    if (!is_space(c)) break;
  }
  Rewriter out(text);
  out.keep(static_cast<std::size_t>(begin), static_cast<std::size_t>(end));
  return out.finish();
}

/// The control characters and blanks of SentencePiece's "nmt" rules.
bool nmt_removes(char32_t c) {
  return (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F ||
         c == 0x9F;
}
bool nmt_blanks(char32_t c) {
  return c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
         c == 0xFFFD;
}

Normalized nmt(const Normalized& text) {
  Rewriter out(text);
  const auto size = static_cast<std::int32_t>(text.text.size());
  for (std::int32_t at = 0; at < size;) {
    const auto begin = static_cast<std::size_t>(at);
    UChar32 c;
    U8_NEXT(text.text.data(), at, size, c);
    if (nmt_blanks(static_cast<char32_t>(c)))
      out.put(" ", begin);
    else if (!nmt_removes(static_cast<char32_t>(c)))
      out.keep(begin, static_cast<std::size_t>(at));
  }
  return out.finish();
}

/// The match begins the text, and its last character stands behind the first. What is put there
/// stands where the last one stood.
bool begins_with_several(const ByteSpan& match, const Normalized& text) {
  if (match.begin != 0 || match.end == 0) return false;
  auto last = static_cast<std::int32_t>(match.end);
  UChar32 c;
  U8_PREV(text.text.data(), 0, last, c);
  return c >= 0 && text.back(static_cast<std::size_t>(last)) > text.back(0);
}

}  // namespace

Normalized replace_all(const Regex& pattern, std::string_view content, const Normalized& text) {
  if (text.text.empty()) return text;  // as the library: not even the empty text is found there
  Regex::Matcher matcher(pattern);
  std::vector<ByteSpan> matches;
  matcher.find_all(text.text, matches);
  if (matches.empty()) return text;
  Rewriter out(text);
  std::size_t done = 0;
  for (const ByteSpan& match : matches) {
    out.keep(done, match.begin);
    out.put(content, match.begin);
    done = match.end;
  }
  out.keep(done, text.text.size());
  if (begins_with_several(matches.front(), text)) out.set_start(false);
  return out.finish();
}

Normalizer::Normalizer(const Json& file, const std::string& origin) {
  for (const Json* component : json_components(file, "normalizer", "normalizers", origin))
    add(*component, origin);
}

void Normalizer::add(const Json& component, const std::string& origin) {
  const std::string type = json_string(component, "type", origin);
  if (type == "NFC") {
    steps_.emplace_back(UnicodeForm::kNfc);
  } else if (type == "NFD") {
    steps_.emplace_back(UnicodeForm::kNfd);
  } else if (type == "NFKC") {
    steps_.emplace_back(UnicodeForm::kNfkc);
  } else if (type == "NFKD") {
    steps_.emplace_back(UnicodeForm::kNfkd);
  } else if (type == "Lowercase") {
    steps_.emplace_back(Simple::kLowercase);
  } else if (type == "StripAccents") {
    steps_.emplace_back(Simple::kStripAccents);
  } else if (type == "Nmt") {
    steps_.emplace_back(Simple::kNmt);
  } else if (type == "Strip") {
    steps_.emplace_back(Strip{json_bool(component, "strip_left", origin, true),
                              json_bool(component, "strip_right", origin, true)});
  } else if (type == "Prepend") {
    steps_.emplace_back(Prepend{json_string(component, "prepend", origin)});
  } else if (type == "Replace") {
    const JsonPattern pattern = json_pattern(component, origin);
    steps_.emplace_back(Replace{Regex(pattern.text, pattern.literal, origin),
                                json_string(component, "content", origin)});
  } else if (type == "Precompiled") {
    const std::string map = json_string(component, "precompiled_charsmap", origin);
    if (!map.empty()) steps_.emplace_back(PrecompiledMap(base64_bytes(map, origin), origin));
  } else {
    unknown_component(origin, "normalizer", kKnown, type);
  }
}

Normalized Normalizer::run(const Step& step, Normalized text) {
  if (const auto* form = std::get_if<UnicodeForm>(&step)) return to_form(*form, std::move(text));
  if (const auto* map = std::get_if<PrecompiledMap>(&step)) return map->apply(text);
  if (const auto* replace = std::get_if<Replace>(&step))
    return replace_all(replace->pattern, replace->content, text);
  if (const auto* strip = std::get_if<Strip>(&step))
    return stripped(strip->left, strip->right, text);
  if (const auto* simple = std::get_if<Simple>(&step))
    return *simple == Simple::kLowercase      ? in_lower_case(text)
           : *simple == Simple::kStripAccents ? without_accents(text)
                                              : nmt(text);
  if (text.text.empty()) return text;
  Rewriter out(text);
  out.put(std::get<Prepend>(step).text, 0);
  out.keep(0, text.text.size());
  return out.finish();
}

Normalized Normalizer::apply(std::string_view text) const {
  Normalized out{std::string(text), {}};
  for (const Step& step : steps_) out = run(step, std::move(out));
  return out;
}

/// A form keeps white space white and joins nothing to it. Other steps do not: marks are taken away
/// from between blanks, a prefix is put before each part, a pattern reaches over a newline.
bool Normalizer::keeps_lines_apart() const {
  return std::all_of(steps_.begin(), steps_.end(), [](const Step& step) {
    const auto* simple = std::get_if<Simple>(&step);
    return std::holds_alternative<UnicodeForm>(step) || (simple && *simple == Simple::kLowercase);
  });
}

}  // namespace flm
