// Numbers, times and ranks as trainers print them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flm {

std::string_view without_spaces_around(std::string_view text);

/// "5.696726E+00", "1,024", "nan", "-Infinity"; nothing for what is not a number to its end. A
/// comma stands before three digits of a whole number alone.
std::optional<double> printed_number(std::string_view text);
/// The same where a comma is the decimal point: "5,696726E+00".
std::optional<double> number_with_decimal_comma(std::string_view text);
/// The same with a K, M, B or T behind it.
std::optional<double> short_number(std::string_view text);

/// A whole number at the begin of `text`, which is left behind it; nothing where there is none.
std::optional<std::int64_t> take_whole_number(std::string_view& text);

/// Seconds since the epoch of the last "2023-11-14 22:13:20[.5|,500][ ][+01:00|-0500|Z]" or
/// "11/14/2023 22:13:20" in `text`; without an offset it is read as UTC.
std::optional<double> printed_time(std::string_view text);

/// Who printed a line, from what stands before its figures: "rank 3", "DP=0|PP=1"; "" where it does
/// not say.
std::string printed_rank(std::string_view before);

/// The step from which a trainer says that it goes on: "loaded checkpoint ... at iteration 60",
/// "Loading the checkpoint from outputs/step-60".
std::optional<std::int64_t> resumed_step(std::string_view line);

/// Whether a line is what a Hugging Face Trainer prints of a step, "{'loss': 4.9, ...}", which does
/// not say which.
bool is_printed_by_trainer(std::string_view line);

/// Without colours and other escape sequences of a terminal.
std::string without_colours(std::string_view line);

}  // namespace flm
