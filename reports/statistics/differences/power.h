// What a two-sided test of paired items can find: the smallest difference that it sees in 8 of 10
// such runs, and how many items a difference needs.
#pragma once

#include <cstdint>
#include <optional>

namespace flm {

/// Error of the first kind and the share of true differences that are found.
struct TestPlan {
  double alpha = 0.05, power = 0.8;
};

/// Right or wrong: z sqrt(psi / (n + z^2)) with psi the share of items on which the runs differ.
/// Null where that is more than psi: so few items cannot differ so much.
std::optional<double> detectable_binary(std::int64_t n, double discordant_share,
                                        const TestPlan& plan = {});
/// Of mid-p McNemar's test where so many of n items differed: of few flips, which do not reach any
/// p, by adding up all that n items can show; else detectable_binary. Null where even flips of one
/// direction are not seen so often.
constexpr std::int64_t kFewFlips = 50;  // fewer are few
std::optional<double> detectable_flips(std::int64_t n, std::int64_t flips,
                                       const TestPlan& plan = {});
/// Of a difference with this standard error that Student's t tests with `df` degrees of freedom, at
/// least 1; unbounded: the normal distribution.
double detectable_real(double stderr_value, double df, const TestPlan& plan = {});

/// Items that a difference above 0 wants; null where they are more than any set has (10^15).
std::optional<std::int64_t> items_needed_real(double difference, double sd_of_difference,
                                              const TestPlan& plan = {});
/// Where Student's t tests the difference, which few items make much wider: with n of them it has
/// `clusters_per_item` * n - 1 degrees of freedom (1 where items are independent).
std::optional<std::int64_t> items_needed_t(double difference, double sd_of_difference,
                                           double clusters_per_item, const TestPlan& plan = {});

}  // namespace flm
