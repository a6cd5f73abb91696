// Patterns of Oniguruma: any bytes give a pattern that PCRE2 takes, or a UserError; matches lie in
// the text, in order.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/errors.h"
#include "engine/tokenizer/regex/regex.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string pattern(reinterpret_cast<const char*>(data), size);
  const std::string text = "ab12 \xC3\x9F SS\n\xE4\xB8\xAD\xE6\x96\x87 _x";
  try {
    const flm::Regex regex(pattern, false, "fuzz");
    flm::Regex::Matcher matcher(regex);
    std::vector<flm::ByteSpan> matches;
    matcher.find_all(text, matches);
    std::size_t done = 0;
    for (const flm::ByteSpan& match : matches) {
      if (match.begin < done || match.end < match.begin || match.end > text.size()) std::abort();
      done = match.end;
    }
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
