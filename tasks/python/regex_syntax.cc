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
//   it,
//                    a class gets those of its members (K with U+212A, i with U+0130 and U+0131)
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
#include "tasks/python/character_names.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

constexpr std::string_view kSpace =
    "\\x09-\\x0d\\x1c-\\x20\\x85\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{"
    "205f}\\x{3000}";
constexpr std::string_view kNotSpace =
    "\\x00-\\x08\\x0e-\\x1b\\x21-\\x84\\x86-\\x9f\\xa1-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{"
    "2027}"
    "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}";
constexpr std::string_view kWord = "\\p{L}\\p{N}_";
constexpr std::string_view kNotWord =  // every category but L and N, less '_'
    "\\p{M}\\p{S}\\p{Z}\\p{C}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Pd}\\p{Po}\\x{203f}\\x{2040}\\x{2054}"
    "\\x{fe33}"
    "\\x{fe34}\\x{fe4d}-\\x{fe4f}\\x{ff3f}";

/// Of ASCII letters, for patterns with the flag a: as python_regex_cases.
const PythonCases& ascii_cases() {
  static const PythonCases all = [] {
    PythonCases out;
    for (char32_t c = 'A'; c <= 'Z'; ++c) out[c] = out[c + 32] = {c, c + 32};
    return out;
  }();
  return all;
}

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
    while (at_ < in_.size()) item();
    if (!outer_.empty()) fail("missing ), unterminated subpattern");
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

  [[noreturn]] void fail(const std::string& why) const {
    throw UserError("invalid regular expression at " + std::to_string(at_) + ": " + why + ": " +
                    std::string(in_));
  }

  bool has(int flag) const { return (flags_ & flag) != 0; }
  bool next_is(std::string_view text) const { return in_.substr(at_, text.size()) == text; }
  char peek(size_t ahead = 0) const { return at_ + ahead < in_.size() ? in_[at_ + ahead] : '\0'; }
  static bool digit(char c) { return c >= '0' && c <= '9'; }

  /// (?aimsux) at the start holds for the whole pattern.
  void leading_flags() {
    while (next_is("(?")) {
      const size_t end = in_.find_first_not_of("aiLmsux", at_ + 2);
      if (end == std::string_view::npos || end == at_ + 2 || in_[end] != ')') return;
      for (const char c : in_.substr(at_ + 2, end - at_ - 2)) flags_ |= flag_of(c);
      at_ = end + 1;
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
        fail("the L flag needs bytes");
    }
  }

  void item() {
    if (has(PythonRegex::kVerbose) && verbose_filler()) return;
    switch (peek()) {
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
        return repeat(1, {peek() == '+' ? 1u : 0u, peek() == '?' ? 1u : Width::kMost});
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
        return literal(character());
    }
  }

  void copy(size_t n) {
    out_ += in_.substr(at_, n);
    at_ += n;
  }

  bool verbose_filler() {
    if (std::string_view(" \t\n\r\f\v").find(peek()) != std::string_view::npos) {
      ++at_;
      return true;
    }
    if (peek() != '#') return false;
    at_ = std::min(in_.find('\n', at_), in_.size());
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
    if (now_.last == Last::kNothing || now_.last == Last::kPosition) fail("nothing to repeat");
    if (now_.last == Last::kRepeat) fail("multiple repeat");
    copy(size);
    if (peek() == '?' || peek() == '+') copy(1);
    now_.last = Last::kRepeat;
    now_.item = now_.item.times(count);
  }

  /// {,n} counts from 0; {} and {x are literal, in both.
  void brace() {
    const auto digits_end = [&](size_t from) {
      return std::min(in_.find_first_not_of("0123456789", from), in_.size());
    };
    const auto number = [&](size_t from, size_t end, std::uint64_t fallback) {
      if (end - from > 10) fail("the repetition number is too large");
      return from == end ? fallback : std::stoull(std::string(in_.substr(from, end - from)));
    };
    const size_t low_end = digits_end(at_ + 1);
    const bool comma = low_end < in_.size() && in_[low_end] == ',';
    const size_t end = comma ? digits_end(low_end + 1) : low_end;
    if (end >= in_.size() || in_[end] != '}' || end == at_ + 1) return literal(character());
    const Width count{number(at_ + 1, low_end, 0),
                      comma ? number(low_end + 1, end, Width::kMost) : number(at_ + 1, low_end, 0)};
    if (count.low > count.high) fail("min repeat greater than max repeat");
    if (low_end > at_ + 1) return repeat(end + 1 - at_, count);
    const size_t before = out_.size();
    repeat(end + 1 - at_, count);
    out_.insert(before + 1, "0");
  }

  void group() {
    if (next_is("(*")) fail("nothing to repeat");
    if (next_is("(?P<")) return named_group();
    if (next_is("(?P=")) return reference(number_of(name_until(')', 4)));
    if (next_is("(?#")) {
      const size_t end = in_.find(')', at_);
      if (end == std::string_view::npos) fail("missing ), unterminated comment");
      at_ = end + 1;
      return;
    }
    if (next_is("(?(")) return condition();
    for (const std::string_view known : {"(?<=", "(?<!"})
      if (next_is(known)) return open(Group::kLookBehind, known);
    for (const std::string_view known : {"(?=", "(?!"})
      if (next_is(known)) return open(Group::kLookAround, known);
    for (const std::string_view known : {"(?:", "(?>"})
      if (next_is(known)) return open(Group::kPlain, known);
    if (next_is("(?")) return scoped_flags();
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
    if (outer_.empty()) fail("unbalanced parenthesis");
    const bool one_branch = !now_.branches;
    end_branch();
    Width width = *now_.branches;
    if (now_.kind == Group::kCondition && one_branch) width.low = 0;
    if (now_.kind == Group::kLookBehind && width.low != width.high)
      fail("look-behind requires fixed-width pattern");
    if (now_.number > 0) groups_[now_.number - 1] = width;
    const bool looks = now_.kind == Group::kLookAround || now_.kind == Group::kLookBehind;
    copy(1);
    now_ = std::move(outer_.back());
    outer_.pop_back();
    add(Last::kItem, looks ? Width{} : width);
  }

  /// The name from `skip` bytes on to `end`, behind which reading goes on.
  std::string name_until(char end, size_t skip) {
    const size_t to = in_.find(end, at_ + skip);
    if (to == std::string_view::npos) fail(std::string("missing ") + end + ", unterminated name");
    std::string name(in_.substr(at_ + skip, to - at_ - skip));
    if (name.empty()) fail("missing group name");
    if (name.find_first_of("<>'=!?&+-()") != std::string::npos) fail("bad character in group name");
    at_ = to + 1;
    return name;
  }

  size_t number_of(const std::string& name) const {
    const auto found = names_.find(name);
    if (found == names_.end()) fail("unknown group name '" + name + "'");
    return found->second;
  }

  void named_group() {
    const size_t from = at_;
    const std::string name = name_until('>', 4);
    const std::string_view sign = in_.substr(from, at_ - from);
    at_ = from;
    open(Group::kPlain, sign);
    capture();
    if (!names_.emplace(name, now_.number).second)
      fail("redefinition of group name '" + name + "'");
  }

  void condition() {
    const std::string name = name_until(')', 3);
    const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
    if (is_number && name.size() > 4) fail("invalid group reference");
    const size_t number = is_number ? std::stoul(name) : number_of(name);
    if (is_number && number == 0) fail("bad group number");
    check_look_behind(number);
    out_ += "(?(" + std::to_string(number) + ")";
    open(Group::kCondition, "");
  }

  void check_look_behind(size_t number) const {
    if (!now_.known) return;
    if (number <= groups_.size() && !groups_[number - 1]) fail("cannot refer to an open group");
    if (number > *now_.known)
      fail("cannot refer to group defined in the same lookbehind subpattern");
  }

  /// What group `number` matched.
  void reference(size_t number) {
    if (number == 0 || number > groups_.size())
      fail("invalid group reference " + std::to_string(number));
    if (!groups_[number - 1]) fail("cannot refer to an open group");
    check_look_behind(number);
    const std::string plain = "\\g{" + std::to_string(number) + "}";
    out_ += now_.ignore_case ? "(?i:" + plain + ")" : plain;
    add(Last::kItem, *groups_[number - 1]);
  }

  void scoped_flags() {
    const size_t end = std::min(in_.find_first_not_of("aiLmsux-", at_ + 2), in_.size());
    const std::string_view letters = in_.substr(at_ + 2, end - at_ - 2);
    const char after = end < in_.size() ? in_[end] : '\0';
    if (letters.empty() || (after != ':' && after != ')'))
      fail("unknown extension (?" + std::string(1, peek(2)));
    if (after == ')') fail("global flags not at the start of the expression");
    if (letters.find_first_of("aLux") != std::string_view::npos) {
      fail("the flags a, L, u and x are supported only for the whole pattern, at its start");
    }
    const size_t minus = letters.find('-');
    const std::string_view on = letters.substr(0, minus),
                           off = minus == std::string_view::npos ? "" : letters.substr(minus + 1);
    if (minus != std::string_view::npos && (off.empty() || off.find('-') != std::string_view::npos))
      fail("missing flag");
    if (on.find_first_of(off) != std::string_view::npos)
      fail("bad inline flags: flag turned on and off");
    const auto kept = [](std::string_view flags) {
      std::string out(flags);
      std::erase(out, 'i');
      return out;
    };
    out_ += "(?" + kept(on) + (kept(off).empty() ? "" : "-" + kept(off)) + ":";
    at_ = end + 1;
    open(Group::kPlain, "");
    if (on.find('i') != std::string_view::npos) now_.ignore_case = true;
    if (off.find('i') != std::string_view::npos) now_.ignore_case = false;
  }

  void escape() {
    const char c = escaped();
    if (category(c, false)) {
      at_ += 2;
    } else if (digit(c) && !octal_escape()) {
      const size_t n = digit(peek(2)) ? 2 : 1;
      const size_t number = std::stoul(std::string(in_.substr(at_ + 1, n)));
      at_ += n + 1;
      reference(number);
    } else {
      literal(escaped_character());
    }
  }

  char escaped() const {
    if (at_ + 1 >= in_.size()) fail("bad escape (end of pattern)");
    return in_[at_ + 1];
  }

  bool octal(size_t i) const { return peek(i) >= '0' && peek(i) <= '7'; }
  /// \0.. and three octal digits name a character, other numbers a group.
  bool octal_escape() const { return peek(1) == '0' || (octal(1) && octal(2) && octal(3)); }

  /// The character that an escape names.
  char32_t escaped_character() {
    const char c = escaped();
    if (digit(c)) return octal_character();
    if (const size_t which = std::string_view("abfnrtv").find(c); which != std::string_view::npos) {
      at_ += 2;
      return static_cast<char32_t>(std::string_view("\a\b\f\n\r\t\v")[which]);
    }
    if (c == 'x' || c == 'u' || c == 'U') return hex_character(c == 'x' ? 2 : c == 'u' ? 4 : 8);
    if (c == 'N') {
      std::size_t end = at_ + 2;
      const auto named = python_read_named_character(in_, end);
      if (!named) fail("\\N wants {NAME} with a name that Unicode has");
      at_ = end;
      return *named;
    }
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) fail(std::string("bad escape \\") + c);
    ++at_;
    return character();
  }

  char32_t octal_character() {
    char32_t value = 0;
    size_t n = 1;
    for (; n <= 3 && octal(n); ++n) value = value * 8 + static_cast<char32_t>(peek(n) - '0');
    if (n == 1 || value > 0377) fail("bad octal escape");
    at_ += n;
    return value;
  }

  char32_t hex_character(size_t digits) {
    char32_t value = 0;
    for (size_t i = 0; i < digits; ++i) {
      const char c = peek(2 + i);
      const int d = digit(c)                             ? c - '0'
                    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                         : -1;
      if (d < 0) fail("incomplete escape");
      value = value * 16 + static_cast<char32_t>(d);
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
      fail("an escape that names no character");
    at_ += 2 + digits;
    return value;
  }

  /// The character that stands here.
  char32_t character() {
    const auto lead = static_cast<unsigned char>(in_[at_]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const std::u32string one = utf8_decode(in_.substr(at_, size));
    at_ += size;
    return one[0];
  }

  const PythonCases& cases() const {
    return has(PythonRegex::kAscii) ? ascii_cases() : python_regex_cases();
  }

  void literal(char32_t c) {
    const auto variants = now_.ignore_case ? cases().find(c) : cases().end();
    if (variants == cases().end()) {
      append_hex(c);
    } else {
      out_ += '[';
      for (const char32_t variant : variants->second) append_hex(variant);
      out_ += ']';
    }
    add(Last::kItem, 1);
  }

  void append_hex(char32_t c) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    do {
      hex.insert(hex.begin(), kDigits[c & 15]);
      c >>= 4;
    } while (c > 0);
    out_ += "\\x{" + hex + "}";
  }

  /// \d \s \w and negations, and, outside classes, \b \B \A \Z.
  bool category(char c, bool in_class) {
    const bool ascii = has(PythonRegex::kAscii);
    const std::string open = in_class ? "" : "[", close = in_class ? "" : "]";
    const auto set = [&](std::string_view unicode, std::string_view plain) {
      out_ += open + std::string(ascii ? plain : unicode) + close;
      if (!in_class) add(Last::kItem, 1);
      return true;
    };
    const auto position = [&](const std::string& assertion) {
      if (in_class) return false;
      out_ += assertion;
      add(Last::kPosition, 0);
      return true;
    };
    switch (c) {
      case 'd':
        return set("\\p{Nd}", "0-9");
      case 'D':
        return set("\\P{Nd}", "\\x00-/:-\\x{10ffff}");
      case 's':
        return set(kSpace, "\\x09-\\x0d\\x20");
      case 'S':
        return set(kNotSpace, "\\x00-\\x08\\x0e-\\x1f!-\\x{10ffff}");
      case 'w':
        return set(kWord, "0-9A-Za-z_");
      case 'W':
        return set(kNotWord, "\\x00-/:-@\\x5b-\\x5e`{-\\x{10ffff}");
      case 'b':
        return position(boundary());
      case 'B':
        return position("(?!" + boundary() + ")(?!\\A\\z)");
      case 'A':
        return position("\\A");
      case 'Z':
        return position("\\z");
      default:
        return false;
    }
  }

  std::string boundary() const {
    const std::string word =
        "[" + std::string(has(PythonRegex::kAscii) ? "0-9A-Za-z_" : kWord) + "]";
    return "(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))";
  }

  void char_class() {
    copy(1);
    if (peek() == '^') copy(1);
    std::set<char32_t> variants;
    for (bool first = true; peek() != ']' || first; first = false) class_member(variants);
    for (const char32_t c : variants) append_hex(c);
    out_ += ']';
    ++at_;
    add(Last::kItem, 1);
  }

  /// A character, a range or a category; under IGNORECASE what else it matches joins `variants`.
  void class_member(std::set<char32_t>& variants) {
    const std::optional<char32_t> low = class_character();
    const bool range = peek() == '-' && peek(1) != ']';
    if (range) ++at_;
    if (!low && !range) return;
    if (!low) fail("bad character range");
    append_hex(*low);
    const std::optional<char32_t> high = range ? class_character() : low;
    if (!high || *high < *low) fail("bad character range");
    if (range) {
      out_ += '-';
      append_hex(*high);
    }
    if (!now_.ignore_case) return;
    for (auto one = cases().lower_bound(*low); one != cases().end() && one->first <= *high; ++one)
      for (const char32_t variant : one->second)
        if (variant < *low || variant > *high) variants.insert(variant);
  }

  /// Nothing for a category, which is written.
  std::optional<char32_t> class_character() {
    if (at_ >= in_.size()) fail("unterminated character set");
    if (peek() != '\\') return character();
    if (!category(escaped(), true)) return escaped_character();
    at_ += 2;
    return std::nullopt;
  }

  std::string_view in_;
  int flags_;
  std::string out_;
  size_t at_ = 0;
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
