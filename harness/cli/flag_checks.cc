#include "harness/cli/flag_checks.h"

#include <cmath>
#include <limits>

#include "base/documents/json.h"
#include "base/text/date.h"

namespace flm {

CLI::Validator count_or_share() {
  return number_that(
      [](double value) { return value > 0 && (value < 1 || std::floor(value) == value); },
      "that is whole or below 1, and above 0");
}

CLI::Validator some_text() {
  return CLI::Validator(
      [](std::string& text) {
        return text.empty() ? std::string("wants some text; leave it out for none") : "";
      },
      "TEXT");
}

CLI::Validator seconds_of_an_alarm() {
  constexpr unsigned kMost = std::numeric_limits<unsigned>::max();
  return number_that([](double value) { return value > 0 && value <= kMost; },
                     "above 0 and at most " + std::to_string(kMost));
}

CLI::Validator prefix_token_name() {
  return CLI::Validator(
      [](std::string& text) {
        const bool id = !text.empty() && text.size() < 10 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
        const bool name = text == "bos" || text == "eos" || text == "none" || text == "auto" ||
                          text == "tokenizer";
        if (id || name) return std::string();
        return "wants a token's id, bos, eos or none: " + (text.empty() ? "\"\"" : text);
      },
      "TOKEN");
}

CLI::Validator date_or_time() {
  return CLI::Validator(
      [](std::string& text) {
        return text.empty() || read_date(text) ? std::string()
                                               : "wants YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS: " + text;
      },
      "DATE");
}

std::string share_of(std::string text) {
  if (text.empty() || text.back() != '%') return text;
  double percent = 0;
  const std::string number = text.substr(0, text.size() - 1);
  return CLI::detail::lexical_cast(number, percent) ? python_float_repr(percent / 100) : text;
}

}  // namespace flm
