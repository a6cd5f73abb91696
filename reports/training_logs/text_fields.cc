#include "reports/training_logs/text_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

namespace flm {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// "nan" of any case, or an infinity.
std::optional<double> no_number(std::string_view text) {
  std::string low;
  for (const char c : text.substr(0, 10)) low += static_cast<char>(c | 0x20);
  if (low == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (low == "inf" || low == "infinity") return HUGE_VAL;
  return std::nullopt;
}

/// The digits of `text` at `at`, as many as `count`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || !is_digit(text[i])) return std::nullopt;
    out = out * 10 + (text[i] - '0');
  }
  return out;
}

/// The offset from UTC that begins `text`, perhaps behind a space, in seconds: "+01:00", "-0500",
/// "+01"; 0 where there is none ("Z", or something else).
double utc_offset(std::string_view text) {
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return 0;
  const double sign = text[0] == '-' ? -1 : 1;
  const auto hours = digits(text, 1, 2);
  if (!hours || *hours > 14) return 0;  // the world's widest
  text.remove_prefix(3);
  if (text.starts_with(':')) text.remove_prefix(1);
  const auto minutes = digits(text, 0, 2);
  if (minutes && (*minutes > 59 || digits(text, 2, 1))) return 0;
  return sign * (*hours * 3600.0 + minutes.value_or(0) * 60.0);
}

/// "22:13:20", its fraction and its offset from UTC, in seconds of UTC's day.
std::optional<double> time_of_day(std::string_view text) {
  const auto hour = digits(text, 0, 2), minute = digits(text, 3, 2), second = digits(text, 6, 2);
  if (!hour || !minute || !second || text[2] != ':' || text[5] != ':') return std::nullopt;
  double fraction = 0, unit = 0.1;
  std::size_t end = 8;
  if (text.size() > 9 && (text[8] == '.' || text[8] == ','))
    for (end = 9; end < text.size() && is_digit(text[end]); ++end, unit /= 10)
      fraction += unit * (text[end] - '0');
  return *hour * 3600.0 + *minute * 60.0 + *second + fraction - utc_offset(text.substr(end));
}

/// A date and a time that begin at `text`.
std::optional<double> moment(std::string_view text) {
  if (text.size() < 19) return std::nullopt;
  const bool year_first = text[4] == '-' && text[7] == '-';
  if (!year_first && !(text[2] == '/' && text[5] == '/')) return std::nullopt;
  const auto year = digits(text, year_first ? 0 : 6, 4),
             month = digits(text, year_first ? 5 : 0, 2), day = digits(text, year_first ? 8 : 3, 2);
  const auto seconds = time_of_day(text.substr(11));
  if (!year || !month || !day || !seconds) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * 86400 +
         *seconds;
}

/// The number behind `word` ("rank=3", "rank 3", "rank3"), with the word.
std::string numbered(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) {
    if (at > 0 && is_letter(text[at - 1])) continue;
    std::size_t end = at + word.size();
    if (end < text.size() && (text[end] == '=' || text[end] == ' ' || text[end] == ':')) ++end;
    const std::size_t begin = end;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end > begin) return std::string(word) + " " + std::string(text.substr(begin, end - begin));
  }
  return "";
}

/// The last number of a path: of ".../step-60.", "iter_0000060".
std::optional<std::int64_t> last_number(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0 && !is_digit(text[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_digit(text[begin - 1])) --begin;
  std::string_view number = text.substr(begin, end - begin);
  return take_whole_number(number);
}

/// Whether every comma of a number stands between groups of three digits, before a point or
/// exponent: "1,024", "12,345,678.5".
bool groups_of_three(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  const std::string_view whole = number.substr(0, number.find_first_of(".eE"));
  if (number.substr(whole.size()).find(',') != std::string_view::npos) return false;
  std::size_t begin = whole.find(',');
  if (begin == 0 || begin > 3) return false;
  while (begin != std::string_view::npos) {
    const std::size_t next = whole.find(',', begin + 1);
    if (std::min(next, whole.size()) - begin != 4) return false;
    begin = next;
  }
  return true;
}

}  // namespace

std::string_view without_spaces_around(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<double> printed_number(std::string_view text) {
  text = without_spaces_around(text);
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  std::string joined;
  if (text.find(',') != std::string_view::npos) {
    if (text.size() > 40 || !groups_of_three(text)) return std::nullopt;
    for (const char c : text)
      if (c != ',') joined += c;
    text = joined;
  }
  if (text.empty()) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ptr == text.data() + text.size()) {
    if (read.ec == std::errc{}) return value;
    // Too small or too large for a double.
    if (read.ec == std::errc::result_out_of_range)
      return text.find("e-") != text.npos || text.find("E-") != text.npos ? 0.0 : HUGE_VAL;
  }
  const bool negative = text[0] == '-';
  const std::optional<double> other = no_number(text.substr(negative ? 1 : 0));
  return other && negative ? -*other : other;
}

std::optional<double> number_with_decimal_comma(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return printed_number(text);
  if (text.size() > 40 || text.find_first_of(".,", comma + 1) != std::string_view::npos ||
      text.substr(0, comma).find('.') != std::string_view::npos)
    return std::nullopt;
  std::string pointed(text);
  pointed[comma] = '.';
  return printed_number(pointed);
}

std::optional<double> short_number(std::string_view text) {
  text = without_spaces_around(text);
  constexpr std::string_view kUnits = "KMBT";
  const std::size_t unit = text.empty() ? kUnits.npos : kUnits.find(text.back());
  if (unit == kUnits.npos) return printed_number(text);
  const auto value = printed_number(text.substr(0, text.size() - 1));
  if (!value) return std::nullopt;
  return *value * std::pow(1000.0, static_cast<double>(unit + 1));
}

std::optional<std::int64_t> take_whole_number(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data() + begin, text.data() + text.size(), value);
  if (read.ec != std::errc{} || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return value;
}

std::optional<double> printed_time(std::string_view text) {
  for (std::size_t at = text.rfind(':'); at != std::string_view::npos && at > 0;
       at = text.rfind(':', at - 1)) {
    // The colon before the seconds of a moment is its 17th character.
    if (at < 16) return std::nullopt;
    if (const auto found = moment(text.substr(at - 16))) return found;
  }
  return std::nullopt;
}

std::string printed_rank(std::string_view before) {
  for (const std::string_view word : {"rank", "default"})
    if (std::string found = numbered(before, word); !found.empty()) return found;
  if (const std::size_t at = before.find("DP="); at != std::string_view::npos)
    return std::string(before.substr(at, before.find_first_of("] ", at) - at));
  std::string_view rest = before;
  if (before.starts_with("[1,")) {  // mpirun --tag-output
    rest.remove_prefix(3);
    const auto number = take_whole_number(rest);
    if (number && rest.starts_with("]<")) return "rank " + std::to_string(*number);
  }
  const auto number = take_whole_number(rest);  // srun --label
  if (number && rest.starts_with(": ")) return "rank " + std::to_string(*number);
  return "";
}

std::optional<std::int64_t> resumed_step(std::string_view line) {
  constexpr auto npos = std::string_view::npos;
  const std::size_t noun = line.find("checkpoint");
  if (noun == npos) return std::nullopt;
  const std::string_view before = line.substr(0, noun);
  if (before.find("oaded ") == npos && before.find("oading ") == npos &&
      before.find("esuming ") == npos)
    return std::nullopt;
  if (before.find("ot load") != npos) return std::nullopt;  // "could not", "will not"
  for (const std::string_view word : {"at iteration ", "at step "}) {
    const std::size_t at = line.find(word, noun);
    if (at == npos) continue;
    std::string_view rest = line.substr(at + word.size());
    return take_whole_number(rest);
  }
  const std::size_t from = line.find("from ", noun);
  if (from == npos) return std::nullopt;
  const std::string_view path = line.substr(from + 5, line.find(' ', from + 5) - from - 5);
  return last_number(path.substr(path.find_last_of('/', path.size() - 2) + 1));
}

bool is_printed_by_trainer(std::string_view line) {
  return line.find("{'loss': ") != std::string_view::npos;
}

std::string without_colours(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\x1b') {
      out += line[i];
      continue;
    }
    if (i + 1 >= line.size() || line[i + 1] != '[') continue;
    // Parameters and one letter.
    for (i += 2; i < line.size() && !(line[i] >= '@' && line[i] <= '~');) ++i;
  }
  return out;
}

}  // namespace flm
