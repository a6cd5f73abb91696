// Checks of numbers that are typed as flags. CLI11's own print the largest double with all its
// digits, and let NaN and infinity through.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace flm {

/// "wants a number WHICH: VALUE" for what is no finite number or does not fit.
CLI::Validator number_that(const std::function<bool(double)>& fits, const std::string& which);

CLI::Validator above_zero();
CLI::Validator zero_or_more();
/// From 0 to `most`.
CLI::Validator at_most(int most);
CLI::Validator above_0_to_1();

}  // namespace flm
