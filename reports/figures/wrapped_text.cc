#include "reports/figures/wrapped_text.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "base/text/utf8.h"
#include "reports/figures/display_width.h"

namespace flm {
namespace {

constexpr std::size_t kNarrowest = 10;  // a line takes that much whatever the terminal says

/// The longest beginning of `text` that is at most `columns` wide, at least one character, in
/// bytes. What has no width stays with the character before it.
std::size_t fitting_bytes(const std::string& text, std::size_t columns) {
  std::string taken;
  for (char32_t c : utf8_decode(text)) {
    std::string longer = taken;
    utf8_append(longer, c);
    if (!taken.empty() && display_width(longer) > columns) break;
    taken = std::move(longer);
  }
  return taken.size();
}

/// Words between spaces; a flag and its value are one, so that a command can be copied.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  bool after_flag = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    if (after_flag) {
      words.back() += " " + word;
    } else {
      words.push_back(word);
    }
    after_flag = word.starts_with("--");
  }
  return words;
}

}  // namespace

std::string wrapped(const std::string& text, int columns, std::size_t hang) {
  if (columns <= 0) return text + "\n";
  const std::size_t limit = std::max(static_cast<std::size_t>(columns), hang + kNarrowest);
  const std::string indent(hang, ' ');
  // The first line's own indentation stays.
  std::string out, line(std::min(text.find_first_not_of(' '), text.size()), ' ');
  bool empty = true;  // no word on the line yet
  const auto next_line = [&] {
    out += line + "\n";
    line = indent;
    empty = true;
  };
  for (std::string word : words_of(text)) {
    if (!empty && display_width(line) + 1 + display_width(word) > limit) next_line();
    if (!empty) line += " ";
    while (display_width(line) + display_width(word) > limit) {
      const std::size_t bytes = fitting_bytes(word, limit - display_width(line));
      line += word.substr(0, bytes);
      word.erase(0, bytes);
      next_line();
      if (word.empty()) break;
    }
    line += word;
    empty = word.empty();
  }
  return empty ? out : out + line + "\n";
}

std::string fitted(const std::string& line, int columns, std::size_t hang) {
  const bool fits = columns <= 0 || display_width(line) <= static_cast<std::size_t>(columns);
  return fits ? line + "\n" : wrapped(line, columns, hang);
}

std::string labelled(const std::string& label, std::size_t width, const std::string& text,
                     int columns) {
  constexpr std::size_t kRoom = 20, kBelow = 2;
  const std::size_t taken = display_width(label);
  const std::string beside = label + std::string(taken < width ? width - taken : 1, ' ');
  const auto limit = static_cast<std::size_t>(std::max(columns, 0));
  if (limit == 0 || display_width(beside + text) <= limit) return beside + text + "\n";
  if (taken >= width || limit < width + kRoom)
    return fitted(label, columns, kBelow) +
           wrapped(std::string(kBelow, ' ') + text, columns, kBelow);
  std::string out;
  std::istringstream lines(wrapped(text, columns - static_cast<int>(width)));
  for (std::string line; std::getline(lines, line);)
    out += (out.empty() ? beside : std::string(width, ' ')) + line + "\n";
  return out;
}

std::string clipped(const std::string& text, std::size_t columns) {
  if (display_width(text) <= columns) return text;
  return text.substr(0, fitting_bytes(text, columns - 1)) + "…";
}

}  // namespace flm
