// SentencePiece models: any bytes give a tokenizer or a UserError.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/errors.h"
#include "engine/tokenizer/sentencepiece_model.h"
#include "engine/tokenizer/sentencepiece_tokenizer.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string model(reinterpret_cast<const char*>(data), size);
  const auto pieces = flm::sentencepiece_pieces(model);
  try {
    const auto tokenizer = flm::parse_sentencepiece(model, "fuzz", {}, flm::AddBos::kAuto);
    if (!pieces || pieces->empty()) std::abort();  // what is read as a whole has pieces
    const flm::Encoding encoding = tokenizer->encode("ab c \xE4\xB8\xAD\n\xEF\xAC\x81");
    if (encoding.ids.size() != encoding.spans.size()) std::abort();
    tokenizer->decode(encoding.ids, false);
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
