// harness/requests: any bytes of a stored response are an answer that fits its request, or a
// UserError that names the store.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/errors.h"
#include "harness/requests/responses.h"
#include "tests/fuzz/message.h"

namespace {

void require_named(const std::string& message) {
  flm::fuzz::require_text(message);
  if (message.find("fuzz.db") == std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  try {
    const flm::ScoreRequest request{{1, 2, 3}, 1, 0};
    const flm::ScoreResult result = flm::decode_score(bytes, request, "fuzz.db");
    const bool fits = result.logprobs.size() == 2 && result.argmax.size() == 2;
    if (result.error.empty() && !fits) std::abort();
    flm::encode_response(result);
  } catch (const flm::UserError& error) {
    require_named(error.what());
  }
  try {
    const flm::GenerateResult result = flm::decode_generation(bytes, "fuzz.db");
    if (result.tokens.size() != result.logprobs.size()) std::abort();
    flm::encode_response(result);
  } catch (const flm::UserError& error) {
    require_named(error.what());
  }
  return 0;
}
