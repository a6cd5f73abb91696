#include "tasks/python/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/regex_syntax.h"

namespace flm {

struct PythonRegex::Code {
  explicit Code(pcre2_code* compiled) : raw(compiled) {}
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code() { pcre2_code_free(raw); }
  pcre2_code* raw;
};

namespace {

/// Steps from one place of the text: some seconds, then the pattern is called too slow. One that is
/// only quadratic takes its time, as in Python.
constexpr uint32_t kMatchLimit = 50'000'000;

std::string pcre_message(int code) {
  PCRE2_UCHAR buffer[256];
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

uint32_t pcre_options(int flags) {
  uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C;
  if (flags & PythonRegex::kMultiline) options |= PCRE2_MULTILINE;
  if (flags & PythonRegex::kDotAll) options |= PCRE2_DOTALL;
  return options;  // IGNORECASE, VERBOSE and ASCII are translated away
}

pcre2_code* compile_pcre(const TranslatedRegex& translated, std::string_view pattern) {
  const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
      pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  const auto* text = reinterpret_cast<PCRE2_SPTR>(translated.pattern.data());
  pcre2_code* code = pcre2_compile(text, translated.pattern.size(), pcre_options(translated.flags),
                                   &error, &offset, context.get());
  if (!code)
    throw UserError("invalid regular expression: " + pcre_message(error) + ": " +
                    std::string(pattern));
  return code;
}

std::vector<std::pair<std::string, size_t>> group_names(const pcre2_code* code) {
  uint32_t count = 0, width = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &width);
  pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table);
  std::vector<std::pair<std::string, size_t>> names;
  for (uint32_t i = 0; i < count; ++i, table += width) {
    names.emplace_back(reinterpret_cast<const char*>(table + 2), table[0] << 8 | table[1]);
  }
  return names;
}

/// A replacement template, parsed: literal text and group numbers in turn.
struct Piece {
  std::string literal;
  size_t group = 0;  // what follows the literal, when has_group
  bool has_group = false;
};

class Replacement {
 public:
  Replacement(std::string_view text, size_t groups,
              const std::vector<std::pair<std::string, size_t>>& names)
      : in_(text), groups_(groups), names_(names) {}

  std::vector<Piece> parse() {
    while (at_ < in_.size()) {
      if (in_[at_] == '\\') {
        escape();
      } else {
        literal_ += in_[at_++];
      }
    }
    out_.push_back({std::move(literal_)});
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw UserError("invalid replacement: " + why + ": " + std::string(in_));
  }
  char peek(size_t ahead) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  bool digit(size_t ahead) const { return peek(ahead) >= '0' && peek(ahead) <= '9'; }
  bool octal(size_t ahead) const { return peek(ahead) >= '0' && peek(ahead) <= '7'; }

  void escape() {
    if (at_ + 1 >= in_.size()) fail("bad escape (end of pattern)");
    const char c = peek(1);
    if (c == 'g') return named();
    if (digit(1)) return numbered();
    static constexpr std::string_view kLetters = "abfnrtv\\", kMeaning = "\a\b\f\n\r\t\v\\";
    const size_t which = kLetters.find(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (which == std::string_view::npos && letter) fail(std::string("bad escape \\") + c);
    if (which == std::string_view::npos) literal_ += '\\';
    literal_ += which == std::string_view::npos ? c : kMeaning[which];
    at_ += 2;
  }

  void numbered() {
    size_t n = 1;
    char32_t value = 0;
    const bool is_octal = peek(1) == '0' || (octal(1) && octal(2) && octal(3));
    if (is_octal) {
      for (; n <= 3 && octal(n); ++n) value = value * 8 + static_cast<char32_t>(peek(n) - '0');
      if (value > 0377) fail("octal escape value outside of range 0-0o377");
      utf8_append(literal_, value);
      at_ += n;
      return;
    }
    size_t group = 0;
    for (; n <= 2 && digit(n); ++n) group = group * 10 + static_cast<size_t>(peek(n) - '0');
    at_ += n;
    add_group(group);
  }

  void named() {
    const size_t end = in_.find('>', at_);
    if (peek(2) != '<' || end == std::string_view::npos || end == at_ + 3)
      fail("missing group name");
    const std::string name(in_.substr(at_ + 3, end - at_ - 3));
    at_ = end + 1;
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      if (name.size() > 4) fail("invalid group reference");
      return add_group(std::stoul(name));
    }
    for (const auto& [known, number] : names_) {
      if (known == name) return add_group(number);
    }
    fail("unknown group name " + name);
  }

  void add_group(size_t group) {
    if (group > groups_) fail("invalid group reference " + std::to_string(group));
    out_.push_back({std::move(literal_), group, true});
    literal_.clear();
  }

  std::string_view in_;
  size_t groups_;
  const std::vector<std::pair<std::string, size_t>>& names_;
  std::vector<Piece> out_;
  std::string literal_;
  size_t at_ = 0;
};

}  // namespace

PythonRegex PythonRegex::compile(std::string_view pattern, int flags) {
  PythonRegex out;
  out.pattern_ = pattern;
  out.code_ = std::make_shared<Code>(compile_pcre(translate_python_regex(pattern, flags), pattern));
  uint32_t groups = 0;
  pcre2_pattern_info(out.code_->raw, PCRE2_INFO_CAPTURECOUNT, &groups);
  out.group_count_ = groups;
  out.names_ = group_names(out.code_->raw);
  return out;
}

std::optional<PythonRegex::Match> PythonRegex::match_at(std::string_view text, size_t from,
                                                        unsigned options) const {
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create_from_pattern(code_->raw, nullptr), &pcre2_match_data_free);
  const std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context(
      pcre2_match_context_create(nullptr), &pcre2_match_context_free);
  pcre2_set_match_limit(context.get(), kMatchLimit);
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data() ? text.data() : "");
  const int rc =
      pcre2_match(code_->raw, subject, text.size(), from, options, data.get(), context.get());
  if (rc == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (rc < 0)
    throw UserError("the regular expression failed: " + pcre_message(rc) + ": " + pattern_);
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
  Match match{ends[0], ends[1], {}};
  for (size_t g = 0; g <= group_count_; ++g) {
    const bool set = ends[2 * g] != PCRE2_UNSET;
    match.groups.push_back(
        set ? std::optional(std::string(text.substr(ends[2 * g], ends[2 * g + 1] - ends[2 * g])))
            : std::nullopt);
  }
  return match;
}

std::optional<PythonRegex::Match> PythonRegex::search(std::string_view text, size_t from) const {
  return match_at(text, from, 0);
}

std::optional<PythonRegex::Match> PythonRegex::fullmatch(std::string_view text) const {
  return match_at(text, 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED);
}

std::vector<PythonRegex::Match> PythonRegex::finditer(std::string_view text) const {
  std::vector<Match> out;
  unsigned options = 0;
  for (size_t at = 0; at <= text.size();) {
    std::optional<Match> match = match_at(text, at, options | (at > 0 ? PCRE2_NO_UTF_CHECK : 0));
    if (!match) break;
    // After an empty match the next one may not be empty at the same place.
    options = match->start == match->end ? PCRE2_NOTEMPTY_ATSTART : 0;
    at = match->end;
    out.push_back(std::move(*match));
  }
  return out;
}

std::vector<std::vector<std::string>> PythonRegex::findall(std::string_view text) const {
  std::vector<std::vector<std::string>> out;
  for (const Match& match : finditer(text)) {
    std::vector<std::string> row;
    for (size_t g = group_count_ > 0 ? 1 : 0; g <= group_count_; ++g)
      row.push_back(match.groups[g].value_or(""));
    out.push_back(std::move(row));
  }
  return out;
}

std::string PythonRegex::sub(std::string_view replacement, std::string_view text,
                             size_t count) const {
  const std::vector<Piece> pieces = Replacement(replacement, group_count_, names_).parse();
  std::string out;
  size_t at = 0, done = 0;
  for (const Match& match : finditer(text)) {
    if (count > 0 && done++ == count) break;
    out += text.substr(at, match.start - at);
    for (const Piece& piece : pieces) {
      out += piece.literal;
      if (piece.has_group) out += match.groups[piece.group].value_or("");
    }
    at = match.end;
  }
  return out.append(text.substr(at));
}

std::vector<std::string> PythonRegex::split(std::string_view text) const {
  if (group_count_ > 0)
    throw UserError("a pattern to split with has groups; write (?:...): " + pattern_);
  std::vector<std::string> out;
  size_t at = 0;
  for (const Match& match : finditer(text)) {
    out.emplace_back(text.substr(at, match.start - at));
    at = match.end;
  }
  out.emplace_back(text.substr(at));
  return out;
}

std::string python_regex_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("()[]{}?*+-|^$\\.&~# \t\n\r\v\f").find(c) != std::string_view::npos)
      out += '\\';
    out += c;
  }
  return out;
}

}  // namespace flm
