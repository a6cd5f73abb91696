#include "tasks/python/text.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "tasks/python/value.h"

namespace flm {
namespace {

using Chars = std::optional<std::string_view>;

/// Byte range that stays when both ends (as asked) are stripped.
std::string strip(std::string_view text, const Chars& chars, bool left, bool right) {
  const std::u32string all = utf8_decode(text);
  const std::u32string set = chars ? utf8_decode(*chars) : std::u32string();
  const auto strips = [&](char32_t c) {
    return chars ? set.find(c) != std::u32string::npos : utf8_is_space(c);
  };
  size_t first = 0, last = all.size();
  while (left && first < last && strips(all[first])) ++first;
  while (right && last > first && strips(all[last - 1])) --last;
  return utf8_encode(std::u32string_view(all).substr(first, last - first));
}

bool is_line_break(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

/// Python's clamping of slice positions: negative counts from the end.
size_t clamp(int64_t position, size_t size) {
  const int64_t n = static_cast<int64_t>(size);
  if (position < 0) position = position < -n ? 0 : position + n;
  return static_cast<size_t>(std::min(position, n));
}

/// Byte offset of a code point index (at most the length).
size_t byte_offset(std::string_view text, size_t index) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (starts && index-- == 0) return at;
  }
  return text.size();
}

/// The bytes of text[start:end] and the code point index where they start.
struct Slice {
  std::string_view bytes;
  size_t start = 0;
  bool empty_range = false;  // start beyond end: even "" is not found there
};

Slice slice(std::string_view text, int64_t start, int64_t end) {
  const size_t size = utf8_length(text);
  Slice out;
  out.empty_range = start > static_cast<int64_t>(size);
  out.start = clamp(start, size);
  const size_t stop = clamp(end, size);
  if (stop < out.start) {
    out.empty_range = true;
    return out;
  }
  const size_t from = byte_offset(text, out.start);
  out.bytes = text.substr(from, byte_offset(text, stop) - from);
  return out;
}

}  // namespace

std::string python_strip(std::string_view text, Chars chars) {
  return strip(text, chars, true, true);
}
std::string python_lstrip(std::string_view text, Chars chars) {
  return strip(text, chars, true, false);
}
std::string python_rstrip(std::string_view text, Chars chars) {
  return strip(text, chars, false, true);
}

std::vector<std::string> python_split(std::string_view text, int64_t maxsplit) {
  const std::u32string all = utf8_decode(text);
  const std::u32string_view view = all;
  std::vector<std::string> out;
  for (size_t at = 0;;) {
    while (at < all.size() && utf8_is_space(all[at])) ++at;
    if (at == all.size()) return out;
    if (maxsplit >= 0 && static_cast<int64_t>(out.size()) >= maxsplit) {
      out.push_back(utf8_encode(view.substr(at)));
      return out;
    }
    const size_t start = at;
    while (at < all.size() && !utf8_is_space(all[at])) ++at;
    out.push_back(utf8_encode(view.substr(start, at - start)));
  }
}

std::vector<std::string> python_rsplit(std::string_view text, int64_t maxsplit) {
  const std::u32string all = utf8_decode(text);
  const std::u32string_view view = all;
  std::vector<std::string> out;
  for (size_t end = all.size();;) {
    while (end > 0 && utf8_is_space(all[end - 1])) --end;
    if (end == 0) break;
    if (maxsplit >= 0 && static_cast<int64_t>(out.size()) >= maxsplit) {
      out.push_back(utf8_encode(view.substr(0, end)));
      break;
    }
    const size_t last = end;
    while (end > 0 && !utf8_is_space(all[end - 1])) --end;
    out.push_back(utf8_encode(view.substr(end, last - end)));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<std::string> python_split(std::string_view text, std::string_view separator,
                                      int64_t maxsplit) {
  if (separator.empty()) throw PyError("ValueError", "empty separator");
  std::vector<std::string> out;
  while (maxsplit < 0 || static_cast<int64_t>(out.size()) < maxsplit) {
    const size_t at = text.find(separator);
    if (at == std::string_view::npos) break;
    out.emplace_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  out.emplace_back(text);
  return out;
}

std::vector<std::string> python_rsplit(std::string_view text, std::string_view separator,
                                       int64_t maxsplit) {
  if (separator.empty()) throw PyError("ValueError", "empty separator");
  std::vector<std::string> out;
  while (maxsplit < 0 || static_cast<int64_t>(out.size()) < maxsplit) {
    const size_t at = text.rfind(separator);
    if (at == std::string_view::npos) break;
    out.emplace_back(text.substr(at + separator.size()));
    text = text.substr(0, at);
  }
  out.emplace_back(text);
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<std::string> python_splitlines(std::string_view text, bool keep_ends) {
  const std::u32string all = utf8_decode(text);
  const std::u32string_view view = all;
  std::vector<std::string> out;
  for (size_t at = 0; at < all.size();) {
    size_t end = at;
    while (end < all.size() && !is_line_break(all[end])) ++end;
    size_t next = end + (end < all.size());
    if (next < all.size() && all[end] == U'\r' && all[next] == U'\n') ++next;
    out.push_back(utf8_encode(view.substr(at, (keep_ends ? next : end) - at)));
    at = next;
  }
  return out;
}

std::string python_replace(std::string_view text, std::string_view old, std::string_view with,
                           int64_t count) {
  std::string out;
  size_t at = 0;
  const auto more = [&] { return count < 0 || (count > 0 && count-- > 0); };
  if (old.empty()) {  // before every character and at the end
    for (size_t i = 0; i <= text.size(); ++i) {
      const bool starts = i == text.size() || (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
      if (starts && more()) out += with;
      if (i < text.size()) out += text[i];
    }
    return out;
  }
  while (true) {
    const size_t found = text.find(old, at);
    if (found == std::string_view::npos || !more()) break;
    out.append(text.substr(at, found - at)).append(with);
    at = found + old.size();
  }
  return out.append(text.substr(at));
}

int64_t python_find(std::string_view text, std::string_view what, int64_t start, int64_t end) {
  const Slice part = slice(text, start, end);
  const size_t at = part.empty_range ? std::string_view::npos : part.bytes.find(what);
  if (at == std::string_view::npos) return -1;
  return static_cast<int64_t>(part.start + utf8_length(part.bytes.substr(0, at)));
}

int64_t python_rfind(std::string_view text, std::string_view what, int64_t start, int64_t end) {
  const Slice part = slice(text, start, end);
  const size_t at = part.empty_range ? std::string_view::npos : part.bytes.rfind(what);
  if (at == std::string_view::npos) return -1;
  return static_cast<int64_t>(part.start + utf8_length(part.bytes.substr(0, at)));
}

int64_t python_count(std::string_view text, std::string_view what, int64_t start, int64_t end) {
  const Slice part = slice(text, start, end);
  if (part.empty_range) return 0;
  if (what.empty()) return static_cast<int64_t>(utf8_length(part.bytes)) + 1;
  int64_t count = 0;
  for (size_t at = 0; (at = part.bytes.find(what, at)) != std::string_view::npos; at += what.size())
    ++count;
  return count;
}

std::string python_join(std::string_view separator, const std::vector<std::string>& parts) {
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::string python_zfill(std::string_view text, int64_t width) {
  const int64_t missing = width - static_cast<int64_t>(utf8_length(text));
  std::string out(text);
  if (missing <= 0) return out;
  const bool sign = !text.empty() && (text[0] == '+' || text[0] == '-');
  out.insert(sign ? 1 : 0, static_cast<size_t>(missing), '0');
  return out;
}

std::string python_substring(std::string_view text, int64_t start, int64_t stop) {
  return std::string(slice(text, start, stop).bytes);
}

std::string markup_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace flm
