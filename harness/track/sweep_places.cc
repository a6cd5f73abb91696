#include "harness/track/sweep_places.h"

#include <optional>
#include <set>

#include "base/errors.h"

namespace flm {
namespace {

/// As reports/track/axes.cc has them, without a log.
std::optional<double> tokens_of(const CheckpointState& one, const TrackFlags& flags) {
  if (one.tokens_seen) return static_cast<double>(*one.tokens_seen);
  if (one.step == 0) return 0;
  if (flags.tokens_per_step > 0) return static_cast<double>(*one.step) * flags.tokens_per_step;
  return std::nullopt;
}

/// Of one series.
struct Places {
  std::set<double> steps, tokens;
  bool all_tokens = true, some_tokens = false;
};

Places places_of(const FoundSeries& series, const TrackFlags& flags) {
  Places out;
  for (const CheckpointState& one : series.checkpoints) {
    if (one.state != Completeness::kComplete) continue;
    const std::optional<double> tokens = tokens_of(one, flags);
    out.steps.insert(static_cast<double>(*one.step));
    if (tokens) out.tokens.insert(*tokens);
    out.all_tokens &= tokens.has_value();
    out.some_tokens |= tokens.has_value();
  }
  return out;
}

}  // namespace

void check_sweep_places(const std::vector<FoundSeries>& found, const TrackFlags& flags) {
  if (flags.by.empty()) return;
  std::vector<Places> places;
  bool all_tokens = true, some_tokens = false;
  for (const FoundSeries& series : found) {
    places.push_back(places_of(series, flags));
    if (places.back().steps.empty()) return;  // what comes of it nobody knows
    all_tokens &= places.back().all_tokens;
    some_tokens |= places.back().some_tokens;
  }
  const bool by_tokens = all_tokens;
  if (!by_tokens && (some_tokens || !flags.logs.empty())) return;
  std::set<double> common;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::set<double>& here = by_tokens ? places[i].tokens : places[i].steps;
    if (i == 0) common = here;
    std::erase_if(common, [&](double place) { return !here.contains(place); });
    if (common.empty())
      throw UserError(std::string("--by holds the series against each other at equal ") +
                      (by_tokens ? "tokens" : "steps") +
                      ", where each must have a whole checkpoint; give a --series that has one "
                      "there, or leave this one out: " +
                      found[i].name);
  }
}

}  // namespace flm
