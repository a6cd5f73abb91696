#include "engine/tokenizer/regex/pattern_cursor.h"

#include <unicode/uchar.h>

#include "base/errors.h"
#include "base/text/printable.h"
#include "base/text/utf8.h"

namespace flm {
namespace {

constexpr int kDeepestClass = 32;  // classes in classes

std::uint32_t hexadecimal(PatternCursor& cursor, int most, int least) {
  std::uint32_t value = 0;
  int digits = 0;
  for (; digits < most; ++digits) {
    const char32_t c = cursor.peek();
    const bool digit = c >= U'0' && c <= U'9';
    const char32_t low = c | 0x20;
    if (!digit && (low < U'a' || low > U'f')) break;
    value = value * 16 + static_cast<std::uint32_t>(digit ? c - U'0' : low - U'a' + 10);
    cursor.take();
  }
  if (digits < least) cursor.refuse("an escape without its hexadecimal digits");
  return value;
}

char32_t checked(std::uint32_t value, PatternCursor& cursor) {
  if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
    cursor.refuse("an escape that names no character");
  return value;
}

/// Behind "\x": a byte of UTF-8 where there are no braces, so that only ASCII is a character.
char32_t hex_escape(PatternCursor& cursor) {
  if (cursor.skip(U"{")) {
    const char32_t c = checked(hexadecimal(cursor, 8, 1), cursor);
    if (!cursor.skip(U"}")) cursor.refuse("\\x{...} with more than one character");
    return c;
  }
  const std::uint32_t byte = hexadecimal(cursor, 2, 1);
  if (byte > 0x7F) cursor.refuse("\\xHH beyond 7F, which is a byte there; write \\x{HH}");
  return byte;
}

char32_t octal_escape(char32_t first, PatternCursor& cursor) {
  std::uint32_t value = first - U'0';
  for (int i = 0; i < 2 && cursor.peek() >= U'0' && cursor.peek() <= U'7'; ++i)
    value = value * 8 + static_cast<std::uint32_t>(cursor.take() - U'0');
  if (value > 0x7F) cursor.refuse("an octal escape beyond 177");
  return value;
}

CharacterSet property(bool negated, PatternCursor& cursor) {
  if (!cursor.skip(U"{")) cursor.refuse("\\p without braces");
  if (cursor.skip(U"^")) negated = !negated;
  const std::string name = cursor.take_until(U"}");
  const auto set = property_set(name);
  if (!set) cursor.refuse("a character property that is not known: " + name);
  return negated ? complement_of(*set) : *set;
}

/// Behind "[:".
CharacterSet posix(PatternCursor& cursor) {
  const bool negated = cursor.skip(U"^");
  const std::string name = cursor.take_until(U":]");
  const auto set = posix_set(name);
  if (!set) cursor.refuse("a POSIX class that is not known: " + name);
  return negated ? complement_of(*set) : *set;
}

/// One member of a class; `single` where it is one character, which may begin a range.
struct Member {
  CharacterSet set;
  std::optional<char32_t> single;
};

Member read_member(PatternCursor& cursor, int depth) {
  if (cursor.looks_at(U"[:") && cursor.has_ahead(U']', 2)) {
    cursor.skip(U"[:");
    return {posix(cursor), std::nullopt};
  }
  const char32_t c = cursor.take();
  if (c == U'[') {
    const BracketClass inner = read_bracket_class(cursor, depth + 1);
    return {inner.negated ? complement_of(inner.set) : inner.set, std::nullopt};
  }
  if (c != U'\\') return {CharacterSet(), c};
  const char32_t letter = cursor.take();
  if (auto set = escaped_set(letter, true, cursor)) return {std::move(*set), std::nullopt};
  return {CharacterSet(), letter == U'b' ? U'\b' : escaped_character(letter, cursor)};
}

/// Members up to "&&" or the end of the class.
CharacterSet read_union(PatternCursor& cursor, int depth, bool first_of_class) {
  CharacterSet set;
  for (bool first = first_of_class; !cursor.looks_at(U"&&"); first = false) {
    // "]" is a character where the class begins with it and another one closes the class.
    if (cursor.peek() == U']' && !cursor.done() && (!first || !cursor.has_ahead(U']', 1))) break;
    Member member = read_member(cursor, depth);
    if (!member.single) {
      set.addAll(member.set);
      if (cursor.peek() == U'-' && cursor.peek(1) != U']')
        cursor.refuse("a class in which '-' follows a set of characters");
      continue;
    }
    const auto low = static_cast<UChar32>(*member.single);
    if (cursor.peek() != U'-' || cursor.peek(1) == U']' || cursor.looks_at(U"-&&")) {
      set.add(low);
      continue;
    }
    cursor.take();
    const Member end = read_member(cursor, depth);
    if (!end.single || static_cast<UChar32>(*end.single) < low)
      cursor.refuse("a range of a class that has no end");
    set.add(low, static_cast<UChar32>(*end.single));
  }
  return set;
}

}  // namespace

PatternCursor::PatternCursor(std::string_view pattern, const std::string& origin)
    : whole_(pattern), origin_(origin) {
  if (!utf8_valid(pattern)) refuse("bytes that are not UTF-8");
  text_ = utf8_decode(pattern);
}

std::string PatternCursor::take_until(std::u32string_view end) {
  const std::size_t found = text_.find(end, at_);
  if (found == text_.npos) refuse("an end in the middle");
  const std::string taken = utf8_encode(std::u32string_view(text_).substr(at_, found - at_));
  at_ = found + end.size();
  return taken;
}

void PatternCursor::refuse(const std::string& what) const {
  throw UserError(origin_ + ": a pattern has " + what + " (character " + std::to_string(at_) +
                  "), which is not read here: " + printable(whole_));
}

CharacterSet complement_of(CharacterSet set) {
  set.complement();
  set.remove(0xD800, 0xDFFF);
  return set;
}

std::optional<CharacterSet> escaped_set(char32_t letter, bool in_brackets, PatternCursor& cursor) {
  const auto either = [&](const CharacterSet& set, bool negated) {
    return negated ? complement_of(set) : set;
  };
  switch (letter) {
    case U'w':
    case U'W':
      return either(word_set(in_brackets), letter == U'W');
    case U'd':
    case U'D':
      return either(category_set(U_GC_ND_MASK), letter == U'D');
    case U's':
    case U'S':
      return either(white_space_set(), letter == U'S');
    case U'h':
    case U'H':
      return either(*posix_set("xdigit"), letter == U'H');
    case U'p':
    case U'P':
      return property(letter == U'P', cursor);
    default:
      return std::nullopt;
  }
}

char32_t escaped_character(char32_t letter, PatternCursor& cursor) {
  switch (letter) {
    case U't':
      return U'\t';
    case U'n':
      return U'\n';
    case U'r':
      return U'\r';
    case U'f':
      return U'\f';
    case U'v':
      return U'\v';
    case U'a':
      return U'\a';
    case U'e':
      return 0x1B;
    case U'x':
      return hex_escape(cursor);
    case U'u':
      return checked(hexadecimal(cursor, 4, 4), cursor);
    case U'0':
      return octal_escape(letter, cursor);
    default:
      break;
  }
  if (letter < 0x80 && u_isalnum(static_cast<UChar32>(letter)))
    cursor.refuse(std::string("the escape \\") + static_cast<char>(letter));
  return letter;
}

BracketClass read_bracket_class(PatternCursor& cursor, int depth) {
  if (depth > kDeepestClass) cursor.refuse("classes in too many classes");
  BracketClass out;
  out.negated = cursor.skip(U"^");
  out.set = read_union(cursor, depth, true);
  while (cursor.skip(U"&&")) out.set.retainAll(read_union(cursor, depth, false));
  if (!cursor.skip(U"]")) cursor.refuse("a class without its end");
  return out;
}

}  // namespace flm
