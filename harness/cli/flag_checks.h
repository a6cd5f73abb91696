// What the values of flags are checked for, beside CLI11's own.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/text/number_flags.h"

namespace flm {

/// A whole number of documents, or a share of them below 1.
CLI::Validator count_or_share();
/// Not empty.
CLI::Validator some_text();
/// What alarm(2) counts down from: its argument is an unsigned int.
CLI::Validator seconds_of_an_alarm();
/// What stands before the first token: an id, bos, eos or none.
CLI::Validator prefix_token_name();
/// YYYY-MM-DD, or with THH:MM:SS; "" is none.
CLI::Validator date_or_time();

/// "1%" as "0.01"; what is no number stays for the range check to refuse.
std::string share_of(std::string text);

}  // namespace flm
