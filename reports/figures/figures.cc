#include "reports/figures/figures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace flm {
namespace {

constexpr const char* kMissing = "N/A";

/// Digits after the point for `digits` significant ones of `value`.
int decimals_for(double value, int digits) {
  // Rounding first: 0.0996 with two digits is 0.10.
  char text[64];
  std::snprintf(text, sizeof text, "%.*e", digits - 1, value);
  const int exponent = std::atoi(std::string(text).substr(std::string(text).find('e') + 1).c_str());
  return std::max(digits - 1 - exponent, 0);
}

/// More digits after the point are zeros that nobody counts: "3.5e-18".
constexpr int kMostDecimals = 15;

/// So small that its first digit comes behind these.
bool is_tiny(double value) { return value != 0 && std::fabs(value) < 1e-13; }

std::string scientific(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.0e", value);
  const int exponent = std::atoi(std::string(text).substr(std::string(text).find('e') + 1).c_str());
  if (decimals + exponent < 0) return "0";
  std::snprintf(text, sizeof text, "%.*e", std::min(decimals + exponent, 16), value);
  std::string out = text;
  std::replace(out.begin(), out.end(), ',', '.');
  return out;
}

}  // namespace

double share_between(double low, double high, double value) {
  const double width = high / 2 - low / 2;  // the halves of two finite numbers have a difference
  const double share = width > 0 ? (value / 2 - low / 2) / width : 0.5;
  return std::isfinite(share) ? share : 0.5;
}

std::string fixed(double value, int decimals) {
  if (decimals > kMostDecimals && is_tiny(value)) return scientific(value, decimals);
  decimals = std::min(decimals, kMostDecimals);
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  std::string out = text;
  std::replace(out.begin(), out.end(), ',', '.');
  const bool zero = out.find_first_of("123456789") == std::string::npos;
  return zero && out[0] == '-' ? out.substr(1) : out;  // no "-0.0"
}

std::string grouped(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::ptrdiff_t first = digits[0] == '-' ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > first; at -= 3)
    digits.insert(digits.begin() + at, ',');
  return digits;
}

std::string counted(std::int64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string signed_text(double value, int decimals) {
  std::string digits = fixed(std::fabs(value), decimals);
  const bool zero = digits.find_first_of("123456789") == std::string::npos;
  if (digits.starts_with("0.")) digits.erase(0, 1);
  return (zero ? "" : value < 0 ? "-" : "+") + digits;
}

std::string p_text(double p) {
  constexpr double kLevel = 0.05;
  if (p >= 1) return "1";
  if (p < 0.001) return "< .001";
  if (p >= 0.995) return "> .99";
  int decimals = p < 0.1 ? 3 : 2;
  while (decimals < 8 && (std::stod(fixed(p, decimals)) < kLevel) != (p < kLevel)) ++decimals;
  return fixed(p, decimals).substr(1);
}

int decimals_of(const Score& score) {
  if (score.digits) return *score.digits;
  double spread = score.stderr_value.value_or(0);
  if (spread <= 0 && score.low && score.high) spread = (*score.high - *score.low) / 4;
  if (spread > 0) return decimals_for(spread, 2);
  const double value = std::fabs(score.value.value_or(0));
  return value > 0 ? decimals_for(value, 4) : 1;
}

std::string value_text(const Score& score) {
  return score.value ? fixed(*score.value, decimals_of(score)) : kMissing;
}

std::string error_text(const Score& score) {
  return score.stderr_value ? fixed(*score.stderr_value, decimals_of(score)) : kMissing;
}

std::string interval_text(const Score& score) {
  if (!score.low || !score.high) return kMissing;
  const int decimals = decimals_of(score);
  return fixed(*score.low, decimals) + " to " + fixed(*score.high, decimals);
}

std::string remark_text(const Score& score) {
  if (!score.reason.empty()) return score.reason;
  if (!score.cut) return score.error_reason;
  const int decimals = decimals_of(score);
  std::string out = fixed(100 * *score.cut, *score.cut < 0.1 ? 1 : 0) + "% cut";
  if (score.if_cut_wrong) out += "; " + fixed(*score.if_cut_wrong, decimals) + " if they are wrong";
  if (score.of_ended) out += "; " + fixed(*score.of_ended, decimals) + " without them";
  if (!score.error_reason.empty()) out += "; " + score.error_reason;
  return out;
}

}  // namespace flm
