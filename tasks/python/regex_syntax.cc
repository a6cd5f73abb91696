// What differs between Python's `re` on str and PCRE2, and what it becomes:
//
//   \d \D            decimal digits of any script: \p{Nd} \P{Nd}
//   \s \S            Python's white space (with U+001C..U+001F and U+0085): explicit ranges
//   \w \W \b \B      letters, numbers and '_': \p{L}\p{N}_ and look-arounds, so that the meaning
//                    does not depend on PCRE2's version; \B never matches in an empty text
//   \Z               the very end: \z
//   \v \a \uXXXX     the characters they name: \x{..}
//   \1 .. \99        \g{N}; octal escapes become \x{..}
//   {,n}             {0,n}
//   [[:x:]] [a[b]    '[' is an ordinary member of a class: \x{5b}
//   (?flags)         only at the start; (?m:...) and the like as they are; a and u only for the
//                    whole pattern
//   (?i)             never PCRE2's: a character becomes the class of those that Python takes for
//                    it, a class gets those of its members (K with U+212A, i with U+0130 and
//                    U+0131)
//   (?(name)...)     (?(N)...)
//
// `$`, `.`, `^` with MULTILINE, possessive quantifiers, atomic groups and look-behind mean the same
// under NEWLINE_LF and ALT_CIRCUMFLEX. What only PCRE2 knows ((?R), (?|, (?<n>, (*VERB), \K, \h,
// ...) is refused, as Python does, and what Python alone refuses: repeated positions (\b*) and
// repeats (a*{2}), references to groups that are open or to come, look-behind of several widths.
// One thing is not imitated: a back reference under (?i) compares by PCRE2's rules, to which
// U+017F is an s, as it is not to Python there, and U+0130 no i.
#include "tasks/python/regex_syntax.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/regex.h"
#include "tasks/python/regex_reader.h"
#include "tasks/python/regex_sets.h"

namespace flm {
namespace {

/// How many characters a part of a pattern matches: look-behind wants one number.
struct Width {
  std::uint64_t low = 0, high = 0;

  static constexpr std::uint64_t kMost = 0xFFFF'FFFF;  // Python's MAXREPEAT
  Width plus(const Width& more) const {
    return {std::min(low + more.low, kMost), std::min(high + more.high, kMost)};
  }
  Width times(const Width& count) const {
    return {std::min(low * count.low, kMost), std::min(high * count.high, kMost)};
  }
  Width or_else(const Width& other) const {
    return {std::min(low, other.low), std::max(high, other.high)};
  }
};

class Translator {
 public:
  Translator(std::string_view pattern, int flags) : in_(pattern), flags_(flags) {}

  TranslatedRegex run() {
    leading_flags();
    now_.ignore_case = has(PythonRegex::kIgnoreCase);
    while (!in_.at_end()) item();
    if (!outer_.empty()) in_.fail("missing ), unterminated subpattern");
    return {std::move(out_), flags_ & ~PythonRegex::kIgnoreCase};
  }

 private:
  enum class Last { kNothing, kPosition, kRepeat, kItem };
  enum class Group { kPlain, kLookAround, kLookBehind, kCondition };

  /// What holds within one group, and what has been read of it.
  struct Scope {
    Group kind = Group::kPlain;
    bool ignore_case = false;
    std::size_t number = 0;            // of a capturing group
    std::optional<std::size_t> known;  // groups before the outermost look-behind around this
    Last last = Last::kNothing;        // in this branch
    Width done, item;                  // of this branch before the last item, and of that
    std::optional<Width> branches;     // of the branches before this one
  };

  bool has(int flag) const { return (flags_ & flag) != 0; }
  static bool digit(char c) { return c >= '0' && c <= '9'; }

  /// (?aimsux) at the start holds for the whole pattern.
  void leading_flags() {
    while (in_.next_is("(?")) {
      const size_t end = in_.text().find_first_not_of("aiLmsux", in_.at() + 2);
      if (end == std::string_view::npos || end == in_.at() + 2 || in_.text()[end] != ')') return;
      for (const char c : in_.text().substr(in_.at() + 2, end - in_.at() - 2)) flags_ |= flag_of(c);
      in_.go_to(end + 1);
    }
  }

  int flag_of(char c) const {
    switch (c) {
      case 'i':
        return PythonRegex::kIgnoreCase;
      case 'm':
        return PythonRegex::kMultiline;
      case 's':
        return PythonRegex::kDotAll;
      case 'x':
        return PythonRegex::kVerbose;
      case 'a':
        return PythonRegex::kAscii;
      case 'u':
        return 0;
      default:
        in_.fail("the L flag needs bytes");
    }
  }

  void item() {
    if (has(PythonRegex::kVerbose) && verbose_filler()) return;
    switch (in_.peek()) {
      case '\\':
        return escape();
      case '[':
        return char_class();
      case '(':
        return group();
      case ')':
        return close();
      case '{':
        return brace();
      case '*':
      case '+':
      case '?':
        return repeat(1, {in_.peek() == '+' ? 1u : 0u, in_.peek() == '?' ? 1u : Width::kMost});
      case '|':
        copy(1);
        return end_branch();
      case '^':
      case '$':
        copy(1);
        return add(Last::kPosition, 0);
      case '.':
        copy(1);
        return add(Last::kItem, 1);
      default:
        return literal(in_.character());
    }
  }

  void copy(size_t n) {
    out_ += in_.text().substr(in_.at(), n);
    in_.skip(n);
  }

  bool verbose_filler() {
    if (std::string_view(" \t\n\r\f\v").find(in_.peek()) != std::string_view::npos) {
      in_.skip(1);
      return true;
    }
    if (in_.peek() != '#') return false;
    in_.go_to(std::min(in_.text().find('\n', in_.at()), in_.text().size()));
    return true;
  }

  void add(Last what, const Width& width) {
    now_.last = what;
    now_.done = now_.done.plus(now_.item);
    now_.item = width;
  }
  void add(Last what, std::uint64_t width) { add(what, Width{width, width}); }

  void end_branch() {
    const Width branch = now_.done.plus(now_.item);
    now_.branches = now_.branches ? now_.branches->or_else(branch) : branch;
    now_.done = now_.item = {};
    now_.last = Last::kNothing;
  }

  /// The quantifier that is written in the next `size` bytes, with the ? or + behind it.
  void repeat(size_t size, const Width& count) {
    if (now_.last == Last::kNothing || now_.last == Last::kPosition) in_.fail("nothing to repeat");
    if (now_.last == Last::kRepeat) in_.fail("multiple repeat");
    copy(size);
    if (in_.peek() == '?' || in_.peek() == '+') copy(1);
    now_.last = Last::kRepeat;
    now_.item = now_.item.times(count);
  }

  /// {,n} counts from 0; {} and {x are literal, in both.
  void brace() {
    const auto digits_end = [&](size_t from) {
      return std::min(in_.text().find_first_not_of("0123456789", from), in_.text().size());
    };
    const auto number = [&](size_t from, size_t end, std::uint64_t fallback) {
      if (end - from > 10) in_.fail("the repetition number is too large");
      return from == end ? fallback : std::stoull(std::string(in_.text().substr(from, end - from)));
    };
    const size_t low_end = digits_end(in_.at() + 1);
    const bool comma = low_end < in_.text().size() && in_.text()[low_end] == ',';
    const size_t end = comma ? digits_end(low_end + 1) : low_end;
    if (end >= in_.text().size() || in_.text()[end] != '}' || end == in_.at() + 1)
      return literal(in_.character());
    const Width count{number(in_.at() + 1, low_end, 0), comma
                                                            ? number(low_end + 1, end, Width::kMost)
                                                            : number(in_.at() + 1, low_end, 0)};
    if (count.low > count.high) in_.fail("min repeat greater than max repeat");
    if (low_end > in_.at() + 1) return repeat(end + 1 - in_.at(), count);
    const size_t before = out_.size();
    repeat(end + 1 - in_.at(), count);
    out_.insert(before + 1, "0");
  }

  void group() {
    if (in_.next_is("(*")) in_.fail("nothing to repeat");
    if (in_.next_is("(?P<")) return named_group();
    if (in_.next_is("(?P=")) return reference(number_of(in_.name_until(')', 4)));
    if (in_.next_is("(?#")) {
      const size_t end = in_.text().find(')', in_.at());
      if (end == std::string_view::npos) in_.fail("missing ), unterminated comment");
      in_.go_to(end + 1);
      return;
    }
    if (in_.next_is("(?(")) return condition();
    for (const std::string_view known : {"(?<=", "(?<!"})
      if (in_.next_is(known)) return open(Group::kLookBehind, known);
    for (const std::string_view known : {"(?=", "(?!"})
      if (in_.next_is(known)) return open(Group::kLookAround, known);
    for (const std::string_view known : {"(?:", "(?>"})
      if (in_.next_is(known)) return open(Group::kPlain, known);
    if (in_.next_is("(?")) return scoped_flags();
    open(Group::kPlain, "(");
    capture();
  }

  /// Enters a group that begins with `sign` here.
  void open(Group kind, std::string_view sign) {
    copy(sign.size());
    outer_.push_back(now_);
    now_ = {kind, now_.ignore_case, 0, now_.known, Last::kNothing, {}, {}, std::nullopt};
    if (kind == Group::kLookBehind && !now_.known) now_.known = groups_.size();
  }

  void capture() {
    groups_.push_back(std::nullopt);
    now_.number = groups_.size();
  }

  void close() {
    if (outer_.empty()) in_.fail("unbalanced parenthesis");
    const bool one_branch = !now_.branches;
    end_branch();
    Width width = *now_.branches;
    if (now_.kind == Group::kCondition && one_branch) width.low = 0;
    if (now_.kind == Group::kLookBehind && width.low != width.high)
      in_.fail("look-behind requires fixed-width pattern");
    if (now_.number > 0) groups_[now_.number - 1] = width;
    const bool looks = now_.kind == Group::kLookAround || now_.kind == Group::kLookBehind;
    copy(1);
    now_ = std::move(outer_.back());
    outer_.pop_back();
    add(Last::kItem, looks ? Width{} : width);
  }

  size_t number_of(const std::string& name) const {
    const auto found = names_.find(name);
    if (found == names_.end()) in_.fail("unknown group name '" + name + "'");
    return found->second;
  }

  void named_group() {
    const size_t from = in_.at();
    const std::string name = in_.name_until('>', 4);
    const std::string_view sign = in_.text().substr(from, in_.at() - from);
    in_.go_to(from);
    open(Group::kPlain, sign);
    capture();
    if (!names_.emplace(name, now_.number).second)
      in_.fail("redefinition of group name '" + name + "'");
  }

  void condition() {
    const std::string name = in_.name_until(')', 3);
    const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
    if (is_number && name.size() > 4) in_.fail("invalid group reference");
    const size_t number = is_number ? std::stoul(name) : number_of(name);
    if (is_number && number == 0) in_.fail("bad group number");
    check_look_behind(number);
    out_ += "(?(" + std::to_string(number) + ")";
    open(Group::kCondition, "");
  }

  void check_look_behind(size_t number) const {
    if (!now_.known) return;
    if (number <= groups_.size() && !groups_[number - 1]) in_.fail("cannot refer to an open group");
    if (number > *now_.known)
      in_.fail("cannot refer to group defined in the same lookbehind subpattern");
  }

  /// What group `number` matched.
  void reference(size_t number) {
    if (number == 0 || number > groups_.size())
      in_.fail("invalid group reference " + std::to_string(number));
    if (!groups_[number - 1]) in_.fail("cannot refer to an open group");
    check_look_behind(number);
    const std::string plain = "\\g{" + std::to_string(number) + "}";
    out_ += now_.ignore_case ? "(?i:" + plain + ")" : plain;
    add(Last::kItem, *groups_[number - 1]);
  }

  void scoped_flags() {
    const size_t end =
        std::min(in_.text().find_first_not_of("aiLmsux-", in_.at() + 2), in_.text().size());
    const std::string_view letters = in_.text().substr(in_.at() + 2, end - in_.at() - 2);
    const char after = end < in_.text().size() ? in_.text()[end] : '\0';
    if (letters.empty() || (after != ':' && after != ')'))
      in_.fail("unknown extension (?" + std::string(1, in_.peek(2)));
    if (after == ')') in_.fail("global flags not at the start of the expression");
    if (letters.find_first_of("aLux") != std::string_view::npos) {
      in_.fail("the flags a, L, u and x are supported only for the whole pattern, at its start");
    }
    const size_t minus = letters.find('-');
    const std::string_view on = letters.substr(0, minus),
                           off = minus == std::string_view::npos ? "" : letters.substr(minus + 1);
    if (minus != std::string_view::npos && (off.empty() || off.find('-') != std::string_view::npos))
      in_.fail("missing flag");
    if (on.find_first_of(off) != std::string_view::npos)
      in_.fail("bad inline flags: flag turned on and off");
    const auto kept = [](std::string_view flags) {
      std::string out(flags);
      std::erase(out, 'i');
      return out;
    };
    out_ += "(?" + kept(on) + (kept(off).empty() ? "" : "-" + kept(off)) + ":";
    in_.go_to(end + 1);
    open(Group::kPlain, "");
    if (on.find('i') != std::string_view::npos) now_.ignore_case = true;
    if (off.find('i') != std::string_view::npos) now_.ignore_case = false;
  }

  void escape() {
    const char c = in_.escaped();
    const bool ascii = has(PythonRegex::kAscii);
    if (const auto members = python_set_members(c, ascii)) {
      out_ += "[" + *members + "]";
      in_.skip(2);
      add(Last::kItem, 1);
    } else if (const auto position = python_position(c, ascii)) {
      out_ += *position;
      in_.skip(2);
      add(Last::kPosition, 0);
    } else if (digit(c) && !in_.octal_escape()) {
      const size_t n = digit(in_.peek(2)) ? 2 : 1;
      const size_t number = std::stoul(std::string(in_.text().substr(in_.at() + 1, n)));
      in_.skip(n + 1);
      reference(number);
    } else {
      literal(in_.escaped_character());
    }
  }

  const PythonCases& cases() const { return python_cases(has(PythonRegex::kAscii)); }

  void literal(char32_t c) {
    const auto variants = now_.ignore_case ? cases().find(c) : cases().end();
    if (variants == cases().end()) {
      append(c);
    } else {
      out_ += '[';
      for (const char32_t variant : variants->second) append(variant);
      out_ += ']';
    }
    add(Last::kItem, 1);
  }

  void append(char32_t c) { out_ += pcre2_character(c); }

  void char_class() {
    copy(1);
    if (in_.peek() == '^') copy(1);
    std::set<char32_t> variants;
    for (bool first = true; in_.peek() != ']' || first; first = false) class_member(variants);
    for (const char32_t c : variants) append(c);
    out_ += ']';
    in_.skip(1);
    add(Last::kItem, 1);
  }

  /// A character, a range or a category; under IGNORECASE what else it matches joins `variants`.
  void class_member(std::set<char32_t>& variants) {
    const std::optional<char32_t> low = class_character();
    const bool range = in_.peek() == '-' && in_.peek(1) != ']';
    if (range) in_.skip(1);
    if (!low && !range) return;
    if (!low) in_.fail("bad character range");
    append(*low);
    const std::optional<char32_t> high = range ? class_character() : low;
    if (!high || *high < *low) in_.fail("bad character range");
    if (range) {
      out_ += '-';
      append(*high);
    }
    if (!now_.ignore_case) return;
    for (auto one = cases().lower_bound(*low); one != cases().end() && one->first <= *high; ++one)
      for (const char32_t variant : one->second)
        if (variant < *low || variant > *high) variants.insert(variant);
  }

  /// Nothing for a category, which is written.
  std::optional<char32_t> class_character() {
    if (in_.at() >= in_.text().size()) in_.fail("unterminated character set");
    if (in_.peek() != '\\') return in_.character();
    const auto members = python_set_members(in_.escaped(), has(PythonRegex::kAscii));
    if (!members) return in_.escaped_character();
    out_ += *members;
    in_.skip(2);
    return std::nullopt;
  }

  RegexReader in_;
  int flags_;
  std::string out_;
  Scope now_;
  std::vector<Scope> outer_;                  // of the groups that are open
  std::vector<std::optional<Width>> groups_;  // by number from 1; nothing while one is open
  std::map<std::string, std::size_t> names_;
};

}  // namespace

TranslatedRegex translate_python_regex(std::string_view pattern, int flags) {
  if (!utf8_valid(pattern)) throw UserError("a regular expression that is not UTF-8");
  return Translator(pattern, flags).run();
}

}  // namespace flm
