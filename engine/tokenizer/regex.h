// Regular expressions over UTF-8 with Unicode classes, as the tokenizers library matches them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/tokenizer.h"

namespace flm {

/// A compiled PCRE2 pattern. One object serves many threads; each thread matches with its own
/// Matcher.
class Regex {
 public:
  /// `literal`: the pattern is plain text. UserError "ORIGIN: ..." where it does not compile.
  Regex(const std::string& pattern, bool literal, const std::string& origin);
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

   private:
    struct State;
    const Regex& regex_;
    std::unique_ptr<State> state_;
  };

 private:
  struct Code;
  std::unique_ptr<Code> code_;
  std::string origin_;
};

}  // namespace flm
