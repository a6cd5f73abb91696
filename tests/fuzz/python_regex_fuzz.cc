// Python's re: any pattern and replacement, the two lines of an input, give matches that lie in the
// text, in order, or a UserError.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/regex.h"
#include "tests/fuzz/message.h"

namespace {

constexpr const char* kText =
    "The answer is (B), \xC3\x9F \xE4\xB8\xAD 1,234.5\n#### -7 aaaab _x\r\n";

void use(const flm::PythonRegex& regex, const std::string& replacement) {
  const std::string text = kText;
  std::size_t done = 0;
  for (const flm::PythonRegex::Match& match : regex.finditer(text)) {
    if (match.start < done || match.end < match.start || match.end > text.size()) std::abort();
    if (match.groups.size() != regex.group_count() + 1) std::abort();
    done = match.end;
  }
  regex.search(text);
  regex.fullmatch(text);
  regex.findall(text);
  if (!flm::utf8_valid(regex.sub(replacement, text))) std::abort();
  if (regex.group_count() == 0) regex.split(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  if (!flm::utf8_valid(input)) return 0;
  const std::size_t end = std::min(input.find('\n'), size);
  const std::string pattern = input.substr(0, end),
                    replacement = input.substr(std::min(end + 1, size));
  using Regex = flm::PythonRegex;
  for (const int flags : {0, Regex::kIgnoreCase | Regex::kAscii,
                          Regex::kVerbose | Regex::kDotAll | Regex::kMultiline}) {
    try {
      use(Regex::compile(pattern, flags), replacement);
    } catch (const flm::UserError& error) {
      flm::fuzz::require_text(error.what());
    }
  }
  return 0;
}
