#include "base/text/number_flags.h"

#include <cmath>

namespace flm {

CLI::Validator number_that(const std::function<bool(double)>& fits, const std::string& which) {
  return CLI::Validator(
      [fits, which](std::string& text) {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(text, value) && std::isfinite(value);
        return number && fits(value) ? std::string() : "wants a number " + which + ": " + text;
      },
      which);
}

CLI::Validator above_zero() {
  return number_that([](double value) { return value > 0; }, "above 0");
}

CLI::Validator zero_or_more() {
  return number_that([](double value) { return value >= 0; }, "of at least 0");
}

CLI::Validator at_most(int most) {
  return number_that([most](double value) { return value >= 0 && value <= most; },
                     "from 0 to " + std::to_string(most));
}

CLI::Validator above_0_to_1() {
  return number_that([](double value) { return value > 0 && value <= 1; }, "above 0, at most 1");
}

}  // namespace flm
