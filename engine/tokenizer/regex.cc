#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/tokenizer/regex.h"

#include <pcre2.h>

#include <algorithm>

#include "base/errors.h"

namespace flm {
namespace {

/// PCRE2's \s has U+180E, which lost the White_Space property in Unicode 6.3; Oniguruma's has not.
std::string with_unicode_spaces(const std::string& pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool escape = pattern[i] == '\\' && i + 1 < pattern.size();
    if (escape && pattern[i + 1] == 's')
      out += "\\p{White_Space}";
    else if (escape && pattern[i + 1] == 'S')
      out += "\\P{White_Space}";
    else if (escape)
      out += pattern.substr(i, 2);
    else
      out += pattern[i];
    i += escape;
  }
  return out;
}

std::string message_of(int code) {
  PCRE2_UCHAR text[160];
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

struct Regex::Code {
  pcre2_code* code = nullptr;
  ~Code() { pcre2_code_free(code); }
};

Regex::Regex(const std::string& pattern, bool literal, const std::string& origin)
    : code_(std::make_unique<Code>()), origin_(origin) {
  const std::string text = literal ? pattern : with_unicode_spaces(pattern);
  const std::uint32_t options =
      PCRE2_UTF | (literal ? PCRE2_LITERAL : PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C);
  int error = 0;
  PCRE2_SIZE at = 0;
  code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), options,
                              &error, &at, nullptr);
  if (!code_->code)
    throw UserError(origin + ": a Split pattern does not compile (" + message_of(error) +
                    "): " + pattern.substr(0, 120));
  pcre2_jit_compile(code_->code, PCRE2_JIT_COMPLETE);  // where it fails, matching is only slower
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

struct Regex::Matcher::State {
  pcre2_match_data* data = nullptr;
  ~State() { pcre2_match_data_free(data); }
};

Regex::Matcher::Matcher(const Regex& regex) : regex_(regex), state_(std::make_unique<State>()) {
  state_->data = pcre2_match_data_create_from_pattern(regex.code_->code, nullptr);
  FLM_CHECK(state_->data != nullptr, "no memory for a match");
}

Regex::Matcher::~Matcher() = default;

std::optional<ByteSpan> Regex::Matcher::find(std::string_view text, std::size_t from) {
  const auto match = [&](std::uint32_t options) {
    return pcre2_match(regex_.code_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                       from, options | PCRE2_NO_UTF_CHECK, state_->data, nullptr);
  };
  int found = match(0);
  if (found == PCRE2_ERROR_JIT_STACKLIMIT) found = match(PCRE2_NO_JIT);
  if (found == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (found < 0)
    throw UserError(regex_.origin_ + ": a Split pattern cannot be matched (" + message_of(found) +
                    ")");
  const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(state_->data);
  return ByteSpan{bounds[0], std::max(bounds[0], bounds[1])};
}

}  // namespace flm
