// Python's `re` on PCRE2.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flm {

/// A compiled pattern; const methods may be called from several threads. The translation from
/// Python's syntax and meaning to PCRE2's is described in regex_syntax.cc.
class PythonRegex {
 public:
  enum Flags {
    kNone = 0,
    kIgnoreCase = 2,
    kMultiline = 8,
    kDotAll = 16,
    kVerbose = 64,
    kAscii = 256
  };

  /// UserError "invalid regular expression at N: reason: PATTERN" for what Python refuses or PCRE2
  /// cannot express.
  static PythonRegex compile(std::string_view pattern, int flags = kNone);

  struct Match {
    std::size_t start = 0, end = 0;  // bytes
    std::vector<std::optional<std::string>>
        groups;  // [0] is the whole match; unset groups are nullopt
  };

  const std::string& pattern() const { return pattern_; }
  std::size_t group_count() const { return group_count_; }

  /// First match at or after byte `from`.
  std::optional<Match> search(std::string_view text, std::size_t from = 0) const;
  std::optional<Match> fullmatch(std::string_view text) const;
  /// All matches as re.finditer walks them (an empty match may follow a non-empty one).
  std::vector<Match> finditer(std::string_view text) const;
  /// re.findall: for each match its groups (unset is ""), or the whole match alone where the
  /// pattern has none.
  std::vector<std::vector<std::string>> findall(std::string_view text) const;
  /// re.sub; the replacement knows \1, \g<1>, \g<name>, \n and the like. count 0: all.
  std::string sub(std::string_view replacement, std::string_view text, std::size_t count = 0) const;
  /// re.split for patterns without groups (UserError otherwise).
  std::vector<std::string> split(std::string_view text) const;

 private:
  struct Code;  // pcre2_code
  PythonRegex() = default;
  std::optional<Match> match_at(std::string_view text, std::size_t from, unsigned options) const;

  std::string pattern_;
  std::size_t group_count_ = 0;
  std::vector<std::pair<std::string, std::size_t>> names_;
  std::shared_ptr<const Code> code_;
};

/// re.escape(text).
std::string python_regex_escape(std::string_view text);

}  // namespace flm
