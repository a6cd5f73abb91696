// Which of an item's choices counts as right. Records keep Python's str() of
// lm-evaluation-harness's target, which reads the same for an index and for a choice's text of
// digits: what the item was worth tells them apart.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace flm {

/// What a record says of an item with choices.
struct AnsweredChoices {
  std::span<const double> log_likelihoods;   // [choices], nats
  std::vector<std::string_view> texts = {};  // [choices] continuations; empty where not at hand
  std::string_view target = {};
  std::optional<double> acc = {};  // lm-evaluation-harness's: 1 where the likeliest choice is right
  /// Ours: the likeliest right choice's log-likelihood less the likeliest wrong one's, nats.
  double gold_margin = std::numeric_limits<double>::quiet_NaN();
};

/// The index of the right choice, of several the likeliest; nullopt where the record does not say
/// it, or says that it may be one or another.
std::optional<std::size_t> right_choice(const AnsweredChoices& item);

/// The log-likelihood of the right choice less the best other one's, nats; `gold_margin` where
/// several are right; NaN with fewer than two choices, or where the right one is not known.
double right_margin(const AnsweredChoices& item);

}  // namespace flm
