// What the values of flags are checked for, beside CLI11's own.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace flm {

/// CLI11's own print the largest double with all its digits, and let NaN and infinity through.
CLI::Validator above_zero();
CLI::Validator zero_or_more();
CLI::Validator from_0_to_1();
CLI::Validator above_0_to_1();

/// A whole number of documents, or a share of them below 1.
CLI::Validator count_or_share();
/// Not empty.
CLI::Validator some_text();
/// What stands before the first token: an id, bos, eos or none.
CLI::Validator prefix_token_name();

/// "1%" as "0.01"; what is no number stays for the range check to refuse.
std::string share_of(std::string text);

}  // namespace flm
