#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine/tokenizer/regex/regex.h"

#include <pcre2.h>

#include <algorithm>
#include <cstdlib>

#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/tokenizer/regex/oniguruma.h"

namespace flm {
namespace {

/// Whether the general categories of the PCRE2 at hand are those that pcre2_class reckons with.
bool knows_categories() {
  char version[32] = "";
  pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, version);
  const int major = std::atoi(version);
  return major >= 14 && major <= 16;
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
  if (literal)
    compile(pattern, PCRE2_LITERAL, pattern);
  else
    compile(pcre2_of_oniguruma(pattern, knows_categories(), origin), PCRE2_UCP | PCRE2_MULTILINE,
            pattern);
}

Regex::Regex(const CharacterSet& set) : code_(std::make_unique<Code>()) {
  compile(pcre2_class(set, knows_categories()), 0, "a set of characters");
}

Regex::Regex(const std::vector<CharacterSet>& runs) : code_(std::make_unique<Code>()) {
  std::string text;
  for (const CharacterSet& set : runs)
    text += (text.empty() ? "" : "|") + pcre2_class(set, knows_categories()) + "+";
  compile(text, 0, "sets of characters");
}

/// `shown`: what a message calls the pattern.
void Regex::compile(const std::string& text, std::uint32_t options, const std::string& shown) {
  const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
      pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
  FLM_CHECK(context != nullptr, "no memory for a pattern");
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE at = 0;
  code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                              options | PCRE2_UTF, &error, &at, context.get());
  if (!code_->code)
    throw UserError(origin_ + ": a pattern does not compile (" + message_of(error) +
                    "): " + printable(shown));
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
    throw UserError(regex_.origin_ + ": a pattern cannot be matched (" + message_of(found) + ")");
  const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(state_->data);
  return ByteSpan{bounds[0], std::max(bounds[0], bounds[1])};
}

void Regex::Matcher::find_all(std::string_view text, std::vector<ByteSpan>& out) {
  out.clear();
  for (std::size_t from = 0; from <= text.size();) {
    const auto match = find(text, from);
    if (!match) break;
    from = match->end;
    if (match->begin == match->end) {  // go on behind the next character
      ++from;
      while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
      if (!out.empty() && out.back().end == match->end) continue;
    }
    out.push_back(*match);
  }
}

}  // namespace flm
