#include "reports/store/right_choice.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

namespace flm {
namespace {

using Indices = std::vector<std::size_t>;

/// Where the largest stands, the first of equal ones, and what the best of the others has.
struct Leader {
  std::size_t first = 0;
  double best = -INFINITY, second = -INFINITY;

  double against(std::size_t choice) const { return choice == first ? second : best; }
};

Leader leader_of(std::span<const double> values) {
  Leader out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > out.best) {
      out.second = out.best;
      out.best = values[i];
      out.first = i;
    } else {
      out.second = std::max(out.second, values[i]);
    }
  }
  return out;
}

/// Python's True is the index 1, False 0.
std::optional<std::size_t> index_in(std::string_view target) {
  if (target == "True") return 1;
  if (target == "False") return 0;
  std::size_t index = 0;
  const char* const end = target.data() + target.size();
  const auto [rest, error] = std::from_chars(target.data(), end, index);
  return error == std::errc() && rest == end ? std::optional(index) : std::nullopt;
}

/// Whether the continuation is a delimiter and the target.
bool continues_with(std::string_view text, std::string_view target) {
  return text.ends_with(target) &&
         text.substr(0, text.size() - target.size()).find_first_not_of(" \n\t") ==
             std::string_view::npos;
}

/// The choices that the target may mean, in order: its index, and those that have its text. Of
/// multiple inputs all have: there the target stands behind every choice.
Indices named(const AnsweredChoices& item) {
  Indices out;
  const std::optional<std::size_t> index = index_in(item.target);
  for (std::size_t i = 0; i < item.log_likelihoods.size(); ++i) {
    const bool text = i < item.texts.size() && continues_with(item.texts[i], item.target);
    if (text || index == i) out.push_back(i);
  }
  return out;
}

/// Those of `choices` that the item's acc allows.
Indices allowed_by_acc(const AnsweredChoices& item, const Indices& choices) {
  const std::size_t chosen = leader_of(item.log_likelihoods).first;
  Indices out;
  if (item.acc != 0 && item.acc != 1) return out;
  std::copy_if(choices.begin(), choices.end(), std::back_inserter(out),
               [&](std::size_t choice) { return (choice == chosen) == (item.acc == 1); });
  return out;
}

/// The choices with the margin that was computed of the right one; none where that is not known, or
/// was of other log-likelihoods.
Indices with_gold_margin(const AnsweredChoices& item) {
  const Leader leader = leader_of(item.log_likelihoods);
  Indices out;
  for (std::size_t i = 0; i < item.log_likelihoods.size(); ++i) {
    const double value = item.log_likelihoods[i];
    const double margin = value - leader.against(i);
    if (std::fabs(margin - item.gold_margin) < 1e-9 * (1 + std::fabs(value))) out.push_back(i);
  }
  return out;
}

bool all_equally_likely(const AnsweredChoices& item, const Indices& choices) {
  return std::all_of(choices.begin(), choices.end(), [&](std::size_t choice) {
    return item.log_likelihoods[choice] == item.log_likelihoods[choices.front()];
  });
}

}  // namespace

std::optional<std::size_t> right_choice(const AnsweredChoices& item) {
  Indices choices = named(item);
  if (const Indices fitting = with_gold_margin(item); !fitting.empty()) {
    Indices both;
    std::set_intersection(choices.begin(), choices.end(), fitting.begin(), fitting.end(),
                          std::back_inserter(both));
    choices = both.empty() ? fitting : both;
  } else if (choices.size() > 1) {
    choices = allowed_by_acc(item, choices);
  }
  if (choices.empty() || !all_equally_likely(item, choices)) return std::nullopt;
  return choices.front();
}

double right_margin(const AnsweredChoices& item) {
  if (item.log_likelihoods.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const std::optional<std::size_t> right = right_choice(item);
  if (!right) return item.gold_margin;  // NaN, or of several right choices
  return item.log_likelihoods[*right] - leader_of(item.log_likelihoods).against(*right);
}

}  // namespace flm
