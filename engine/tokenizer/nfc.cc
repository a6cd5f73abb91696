#include "engine/tokenizer/nfc.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/utf8.h>

#include "base/errors.h"

namespace flm {
namespace {

std::string nfc_of(const icu::Normalizer2& nfc, std::string_view text) {
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  UErrorCode error = U_ZERO_ERROR;
  nfc.normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink,
                    nullptr, error);
  FLM_CHECK(U_SUCCESS(error), std::string("ICU: ") + u_errorName(error));
  return out;
}

/// End of the stretch from `begin` that normalizes independently of what follows.
std::size_t stretch_end(const icu::Normalizer2& nfc, std::string_view text, std::size_t begin) {
  const auto size = static_cast<std::int32_t>(text.size());
  auto at = static_cast<std::int32_t>(begin);
  UChar32 c;
  U8_NEXT(text.data(), at, size, c);
  while (at < size) {
    const std::int32_t start = at;
    U8_NEXT(text.data(), at, size, c);
    if (nfc.hasBoundaryBefore(c)) return static_cast<std::size_t>(start);
  }
  return text.size();
}

}  // namespace

Normalized normalize_nfc(std::string_view text) {
  if (text.size() > 0x7FFFFFF0) throw UserError("a text of more than 2 GiB cannot be normalized");
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  FLM_CHECK(U_SUCCESS(error), std::string("ICU: ") + u_errorName(error));
  const icu::StringPiece whole(text.data(), static_cast<std::int32_t>(text.size()));
  if (nfc->isNormalizedUTF8(whole, error)) return {std::string(text), {}};

  Normalized out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = stretch_end(*nfc, text, begin);
    const std::string_view before = text.substr(begin, end - begin);
    const std::string after = nfc_of(*nfc, before);
    const bool same = after == before;
    for (std::size_t i = 0; i < after.size(); ++i) out.origin.push_back(begin + (same ? i : 0));
    out.text += after;
    begin = end;
  }
  out.origin.push_back(text.size());
  return out;
}

}  // namespace flm
