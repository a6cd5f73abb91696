// Regular expressions over UTF-8 with Unicode classes, as the tokenizers library matches them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer.h"
#include "engine/tokenizer/regex/character_set.h"

namespace flm {

/// A compiled PCRE2 pattern. One object serves many threads; each thread matches with its own
/// Matcher.
class Regex {
 public:
  /// A pattern of Oniguruma, or plain text where `literal`. UserError "ORIGIN: ..." where it does
  /// not compile or has no equal in PCRE2.
  Regex(const std::string& pattern, bool literal, const std::string& origin);
  /// One character of a set; a run of characters of one of the sets.
  explicit Regex(const CharacterSet& set);
  explicit Regex(const std::vector<CharacterSet>& runs);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  class Matcher {
   public:
    explicit Matcher(const Regex& regex);
    ~Matcher();
    Matcher(const Matcher&) = delete;
    Matcher& operator=(const Matcher&) = delete;

    /// The first match in `text` (valid UTF-8) at or after `from`; UserError where it needs too
    /// many steps.
    std::optional<ByteSpan> find(std::string_view text, std::size_t from);
    /// All matches from left to right, as Oniguruma's callers go on: an empty match does not follow
    /// another match at once.
    void find_all(std::string_view text, std::vector<ByteSpan>& out);

   private:
    struct State;
    const Regex& regex_;
    std::unique_ptr<State> state_;
  };

 private:
  void compile(const std::string& text, std::uint32_t options, const std::string& shown);

  struct Code;
  std::unique_ptr<Code> code_;
  std::string origin_;
};

}  // namespace flm
