#include "engine/tokenizer/regex/oniguruma.h"

#include <unicode/uchar.h>

#include <optional>

#include "base/text/utf8.h"
#include "engine/tokenizer/regex/character_set.h"
#include "engine/tokenizer/regex/pattern_cursor.h"

namespace flm {
namespace {

constexpr int kDeepest = 200;               // groups in groups
constexpr std::size_t kLongestRun = 16384;  // bytes that a run of letters may become under (?i)

std::string escaped_literal(char32_t c) {
  std::string out;
  const bool plain =
      c >= 0x80 || (c >= U'0' && c <= U'9') || ((c | 0x20) >= U'a' && (c | 0x20) <= U'z');
  if (!plain) out += '\\';
  if (c >= U' ' && c != 0x7F) {
    utf8_append(out, c);
    return out;
  }
  static constexpr char kHex[] = "0123456789ABCDEF";
  return {'\\', 'x', '{', kHex[c >> 4], kHex[c & 15], '}'};
}

CharacterSet single(char32_t c) {
  return CharacterSet(static_cast<UChar32>(c), static_cast<UChar32>(c));
}

char32_t folded(char32_t c) {
  return static_cast<char32_t>(u_foldCase(static_cast<UChar32>(c), U_FOLD_CASE_DEFAULT));
}

class Translator {
 public:
  Translator(std::string_view pattern, bool by_category, const std::string& origin)
      : cursor_(pattern, origin), by_category_(by_category) {}

  std::string whole() {
    std::string out = alternatives(Flags(), 0);
    if (!cursor_.done()) cursor_.refuse("a ')' too many");
    return out;
  }

 private:
  struct Flags {
    bool ignore_case = false, dot_all = false, extended = false;
  };
  struct Atom {
    std::string text;
    std::optional<char32_t> literal;  // one character, which may join a run
    bool repeatable = true;           // look-arounds and anchors are not repeated
  };
  struct Quantifier {
    std::string text;
    bool interval = false;
  };

  /// Up to the end of the group, which is not taken.
  std::string alternatives(Flags flags, int depth) {
    if (depth > kDeepest) cursor_.refuse("groups in too many groups");
    std::string out;
    std::u32string run;  // letters under (?i) that nothing repeats
    while (!cursor_.done() && cursor_.peek() != U')') {
      if (skip_comment(flags)) continue;
      if (cursor_.skip(U"|")) {
        out += folded_run(run) + "|";
        run.clear();
        continue;
      }
      if (const auto changed = isolated_flags(flags)) {
        // It holds for the rest of the group, alternatives and all.
        out += folded_run(run);
        run.clear();
        return out + "(?:" + alternatives(*changed, depth + 1) + ")";
      }
      const Atom atom = read_atom(flags, depth);
      while (skip_comment(flags)) continue;
      const std::string repeated = quantified(atom, flags);
      if (atom.literal && flags.ignore_case && repeated.empty()) {
        run += *atom.literal;
        continue;
      }
      out += folded_run(run) + (repeated.empty() ? atom.text : repeated);
      run.clear();
    }
    return out + folded_run(run);
  }

  bool skip_comment(const Flags& flags) {
    if (cursor_.skip(U"(?#")) {
      cursor_.take_until(U")");
      return true;
    }
    if (!flags.extended) return false;
    if (cursor_.skip(U" ") || cursor_.skip(U"\n") || cursor_.skip(U"\t") || cursor_.skip(U"\r"))
      return true;
    if (cursor_.done() || cursor_.peek() != U'#') return false;
    while (!cursor_.done() && cursor_.take() != U'\n') continue;
    return true;
  }

  /// Letters of "(?imx-imx" that follow here; nothing where it is another group.
  std::optional<Flags> read_flags(Flags flags, std::size_t& length) const {
    bool on = true;
    for (length = 2;; ++length) {
      const char32_t c = cursor_.peek(length);
      if (c == U'-')
        on = false;
      else if (c == U'i')
        flags.ignore_case = on;
      else if (c == U'm')
        flags.dot_all = on;
      else if (c == U'x')
        flags.extended = on;
      else
        return length > 2 ? std::optional<Flags>(flags) : std::nullopt;
    }
  }

  void skip_characters(std::size_t n) {
    while (n-- > 0) cursor_.take();
  }

  std::optional<Flags> isolated_flags(const Flags& flags) {
    std::size_t length = 0;
    if (!cursor_.looks_at(U"(?")) return std::nullopt;
    const auto changed = read_flags(flags, length);
    if (!changed || cursor_.peek(length) != U')') return std::nullopt;
    skip_characters(length + 1);
    return changed;
  }

  Atom read_atom(const Flags& flags, int depth) {
    const char32_t c = cursor_.peek();
    if (c == U'(') return group(flags, depth);
    cursor_.take();
    switch (c) {
      case U'[':
        return {bracket(flags), std::nullopt};
      case U'.':
        return {flags.dot_all ? "(?s:.)" : "[^\\n]", std::nullopt};
      case U'^':
        return {"^", std::nullopt, false};
      case U'$':
        return {"$", std::nullopt, false};
      case U'\\':
        return escape(flags);
      case U'*':
      case U'+':
      case U'?':
        cursor_.refuse("a quantifier with nothing to repeat");
      default:
        return literal(c, flags);
    }
  }

  Atom literal(char32_t c, const Flags& flags) const {
    return {flags.ignore_case ? folded_run(std::u32string(1, c)) : escaped_literal(c), c};
  }

  Atom group(const Flags& flags, int depth) {
    struct Opening {
      std::u32string_view onig;
      const char* pcre2;
      bool repeatable;
    };
    static constexpr Opening kOpenings[] = {{U"(?:", "(?:", true},    {U"(?>", "(?>", true},
                                            {U"(?=", "(?=", false},   {U"(?!", "(?!", false},
                                            {U"(?<=", "(?<=", false}, {U"(?<!", "(?<!", false}};
    for (const Opening& opening : kOpenings)
      if (cursor_.skip(opening.onig))
        return closed(opening.pcre2, flags, depth, opening.repeatable);
    if (cursor_.skip(U"(?<") && cursor_.has_ahead(U'>', 1)) {
      cursor_.take_until(U">");  // a name; nothing can refer to it, for references are refused
      return closed("(?:", flags, depth, true);
    }
    std::size_t length = 0;
    if (const auto changed = read_flags(flags, length);
        cursor_.looks_at(U"(?") && changed && cursor_.peek(length) == U':') {
      skip_characters(length + 1);
      return closed("(?:", *changed, depth, true);
    }
    if (cursor_.looks_at(U"(?") || cursor_.looks_at(U"(*"))
      cursor_.refuse("a kind of group that is not known");
    cursor_.take();
    return closed("(?:", flags, depth, true);
  }

  Atom closed(const char* opening, const Flags& flags, int depth, bool repeatable) {
    std::string text = opening + alternatives(flags, depth + 1) + ")";
    if (!cursor_.skip(U")")) cursor_.refuse("a group without its end");
    return {std::move(text), std::nullopt, repeatable};
  }

  std::string bracket(const Flags& flags) {
    BracketClass found = read_bracket_class(cursor_);
    if (flags.ignore_case) {
      if (!found.negated)
        for (const LongFold& fold : long_folds())
          if (found.set.contains(static_cast<UChar32>(fold.character)))
            cursor_.refuse("a class under (?i) with a character that folds to several");
      found.set = with_cases(found.set);
    }
    return pcre2_class(found.negated ? complement_of(found.set) : found.set, by_category_);
  }

  Atom escape(const Flags& flags) {
    const char32_t letter = cursor_.take();
    if (letter == U'b' || letter == U'B') return {boundary(letter == U'b'), std::nullopt, false};
    if (letter == U'A' || letter == U'Z' || letter == U'z')
      return {std::string("\\") + static_cast<char>(letter), std::nullopt, false};
    if (letter == U'N') return {"[^\\n]", std::nullopt};
    if (letter == U'O') return {"(?s:.)", std::nullopt};
    if (letter == U'R')
      return {"(?>\\r\\n|[\\n\\x0B\\f\\r\\x{85}\\x{2028}\\x{2029}])", std::nullopt};
    if (const auto set = escaped_set(letter, false, cursor_))
      return {pcre2_class(*set, by_category_), std::nullopt};
    return literal(escaped_character(letter, cursor_), flags);
  }

  std::string boundary(bool positive) const {
    const std::string word = pcre2_class(word_set(false), by_category_);
    const std::string is = "(?=" + word + ")", isnt = "(?!" + word + ")";
    const std::string was = "(?<=" + word + ")", wasnt = "(?<!" + word + ")";
    return positive ? "(?:" + was + isnt + "|" + wasnt + is + ")"
                    : "(?:" + was + is + "|" + wasnt + isnt + ")";
  }

  /// The atom with the quantifiers that follow; "" where there are none.
  std::string quantified(const Atom& atom, const Flags& flags) {
    std::string out;
    bool interval = false;
    while (const auto next = quantifier()) {
      if (!atom.repeatable) cursor_.refuse("a quantifier behind an anchor or a look-around");
      // "+" behind an interval is a quantifier of its own here, where PCRE2 reads a possessive one.
      if (!out.empty() && !interval) cursor_.refuse("a quantifier of a quantifier");
      out = (out.empty() ? repeatable_text(atom) : "(?:" + out + ")") + next->text;
      interval = next->interval;
      while (skip_comment(flags)) continue;
    }
    return out;
  }

  static std::string repeatable_text(const Atom& atom) {
    return atom.literal ? "(?:" + atom.text + ")" : atom.text;
  }

  std::optional<Quantifier> quantifier() {
    const char32_t c = cursor_.done() ? U'\0' : cursor_.peek();
    if (c == U'{') return interval();
    if (c != U'*' && c != U'+' && c != U'?') return std::nullopt;
    cursor_.take();
    std::string text(1, static_cast<char>(c));
    if (cursor_.skip(U"?"))
      text += '?';
    else if (cursor_.skip(U"+"))
      text += '+';
    return Quantifier{text, false};
  }

  /// {n} {n,} {n,m} {,m}; a brace that is none of them is a character.
  std::optional<Quantifier> interval() {
    std::size_t length = 1;
    const auto number = [&] {
      std::string digits;
      while (cursor_.peek(length) >= U'0' && cursor_.peek(length) <= U'9')
        digits += static_cast<char>(cursor_.peek(length++));
      return digits;
    };
    const std::string low = number();
    const bool comma = cursor_.peek(length) == U',';
    std::string high;
    if (comma) {
      ++length;
      high = number();
    }
    if (cursor_.peek(length) != U'}' || (low.empty() && high.empty())) return std::nullopt;
    if (low.size() > 6 || high.size() > 6) cursor_.refuse("an interval that is too large");
    if (!low.empty() && !high.empty() && std::stoi(low) > std::stoi(high))
      cursor_.refuse("an interval that runs downwards");
    skip_characters(length + 1);
    std::string text = "{" + (low.empty() ? "0" : low) + (comma ? "," + high : "") + "}";
    // Behind {n} a "?" makes it optional; behind the others it makes them lazy.
    if (comma && cursor_.skip(U"?")) return Quantifier{text + "?", false};
    return Quantifier{text, true};
  }

  /// Letters under (?i): each in all its cases, and the single characters that some of them
  /// together are the folding of.
  std::string folded_run(std::u32string_view run) const {
    std::string out;
    for (std::size_t i = 0; i < run.size(); ++i) {
      const std::string joined = joined_folds(run.substr(i));
      if (!joined.empty()) {
        out += "(?:" + one_folded(run[i]) + folded_run(run.substr(i + 1)) + joined + ")";
        break;
      }
      out += one_folded(run[i]);
    }
    if (out.size() > kLongestRun) cursor_.refuse("letters under (?i) with too many foldings");
    return out;
  }

  /// "|X..." for each character X that folds to the first letters of the run.
  std::string joined_folds(std::u32string_view run) const {
    std::string out;
    for (const LongFold& fold : long_folds()) {
      if (run.size() < fold.folded.size()) continue;
      bool same = true;
      for (std::size_t i = 0; i < fold.folded.size(); ++i)
        same = same && folded(run[i]) == folded(fold.folded[i]);
      if (same)
        out += "|" + escaped_literal(fold.character) + folded_run(run.substr(fold.folded.size()));
    }
    return out;
  }

  std::string one_folded(char32_t c) const {
    const std::string alone = pcre2_class(with_cases(single(c)), by_category_);
    for (const LongFold& fold : long_folds()) {
      if (fold.character != c) continue;
      std::string parts;
      for (const char32_t part : fold.folded)
        parts += pcre2_class(with_cases(single(part)), by_category_);
      return "(?:" + alone + "|" + parts + ")";
    }
    return alone;
  }

  mutable PatternCursor cursor_;
  bool by_category_;
};

}  // namespace

std::string pcre2_of_oniguruma(std::string_view pattern, bool by_category,
                               const std::string& origin) {
  return Translator(pattern, by_category, origin).whole();
}

}  // namespace flm
