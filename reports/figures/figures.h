// Scores as text: no more digits than their error supports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reports/report.h"

namespace flm {

/// Digits after the point: those asked for, else as many as leave an error two significant ones.
/// Without an error, half the interval serves; without that, the value gets four significant
/// digits.
int decimals_of(const Score& score);

/// Where a value lies between two others: 0 at `low`, 1 at `high`, not held to either; a half where
/// there is nothing between them. Of finite numbers of any size, whose difference may be none.
double share_between(double low, double high, double value);

/// "%.*f" without the locale; no more than 15 digits after the point, but "3.5e-18" where a value
/// that has more of them would be all zeros.
std::string fixed(double value, int decimals);

/// "14,042".
std::string grouped(std::int64_t count);
/// "1 task", "14,042 tasks".
std::string counted(std::int64_t count, const std::string& noun);

/// A difference: "+.014", "-1.25", "0" + the digits where it rounds to nothing.
std::string signed_text(double value, int decimals);

/// "< .001", ".034", ".41", "1": never on the other side of .05 than the value.
std::string p_text(double p);

std::string value_text(const Score& score);     // "0.239", "N/A"
std::string error_text(const Score& score);     // "0.013", "N/A"
std::string interval_text(const Score& score);  // "0.215 to 0.265", "N/A"

/// What stands beside a score: why it is N/A, or what cut answers may do to it and why it has no
/// error; "" = nothing.
/// "24% cut; 0.36 if they are wrong; 0.55 without them"
std::string remark_text(const Score& score);

}  // namespace flm
