// tokenizer.json: any bytes give a tokenizer or a UserError; a tokenizer's spans and dropped bytes
// tile the text.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/errors.h"
#include "engine/tokenizer/tokenizer_json.h"
#include "tests/fuzz/message.h"

namespace {

constexpr const char* kText = "ab cabc  <|end|>a1e\xCC\x81 \xE4\xB8\xAD\n\xF0\x9F\x99\x82\xC2\xA0z";

void check_tiling(const flm::Encoding& encoding, std::size_t size) {
  std::size_t cursor = 0, dropped = 0;
  const auto skip_dropped = [&] {
    while (dropped < encoding.dropped.size() && encoding.dropped[dropped].begin == cursor)
      cursor = encoding.dropped[dropped++].end;
  };
  if (encoding.ids.size() != encoding.spans.size()) std::abort();
  for (const flm::ByteSpan& span : encoding.spans) {
    if (span.begin != cursor) skip_dropped();
    if (span.begin != cursor || span.end < span.begin) std::abort();
    cursor = span.end;
  }
  skip_dropped();
  if (cursor != size || dropped != encoding.dropped.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string json(reinterpret_cast<const char*>(data), size), text = kText;
  try {
    const auto tokenizer = flm::parse_tokenizer_json(json, "fuzz", {}, flm::AddBos::kAuto);
    const flm::Encoding encoding = tokenizer->encode(text);
    check_tiling(encoding, text.size());
    tokenizer->decode(encoding.ids, false);
    for (const std::int32_t id : encoding.ids) tokenizer->token_bytes(id);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
