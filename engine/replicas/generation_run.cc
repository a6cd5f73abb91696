#include "engine/replicas/generation_run.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "engine/replicas/team.h"

namespace flm {
namespace {

constexpr std::size_t kMostUnitsOfAReplica = 4;

/// What a request may take, in rows.
double cost_of(const GenerateRequest& request) {
  return static_cast<double>(request.prompt.size()) + request.max_new_tokens;
}

/// Indices in the order of their inputs, cut into units of about the same cost: as many as there
/// are replicas, or a few for each where there are requests enough to fill them.
std::vector<std::vector<std::size_t>> units_of(std::span<const GenerateRequest> requests,
                                               std::size_t replicas, std::int32_t together) {
  const std::vector<std::size_t> order = order_by_inputs(requests);
  const std::size_t full =
      order.size() / (replicas * static_cast<std::size_t>(std::max(together, 1)));
  const std::size_t count = replicas * std::clamp<std::size_t>(full, 1, kMostUnitsOfAReplica);
  double all = 0, done = 0;
  for (const GenerateRequest& request : requests) all += cost_of(request);
  std::vector<std::vector<std::size_t>> units(count);
  for (const std::size_t index : order) {
    const double cost = cost_of(requests[index]);
    const auto unit =
        static_cast<std::size_t>((done + cost / 2) / all * static_cast<double>(count));
    units[std::min(unit, count - 1)].push_back(index);
    done += cost;
  }
  std::erase_if(units, [](const auto& unit) { return unit.empty(); });
  return units;
}

struct Generated {
  std::size_t index = 0;
  std::optional<GenerateResult> result;  // none: what came may be committed
};

}  // namespace

bool generate_together(std::span<Replica* const> replicas,
                       std::span<const GenerateRequest> requests, const Tokenizer& tokenizer,
                       const GeneratorLimits& limits, const GenerateSink& sink,
                       const BatchSink& commit, const std::atomic<bool>& stop,
                       GeneratorCounters& counters) {
  if (replicas.size() == 1)
    return replicas.front()->generate(requests, tokenizer, limits, sink, commit, stop, counters);
  const auto units = units_of(requests, replicas.size(), limits.max_batch);
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> whole = 0;  // units that were finished
  std::atomic<bool> ended = false;     // on `stop`, or where a member has failed
  std::vector<GeneratorCounters> done(replicas.size());
  Team<Generated> team;
  const auto drive = [&](std::size_t member) {
    for (std::size_t unit = next++; unit < units.size() && !ended && !stop.load(); unit = next++) {
      std::vector<GenerateRequest> mine;
      for (const std::size_t index : units[unit]) mine.push_back(requests[index]);
      GeneratorCounters of_unit;
      const bool finished = replicas[member]->generate(
          mine, tokenizer, limits,
          [&](std::size_t i, GenerateResult&& result) {
            team.bring({units[unit][i], std::move(result)});
          },
          [&] {
            if (stop.load() || team.failed()) ended = true;
            team.bring({0, std::nullopt});
          },
          ended, of_unit);
      done[member].rows_computed += of_unit.rows_computed;
      done[member].generated_tokens += of_unit.generated_tokens;
      if (finished) ++whole;
    }
  };
  team.run(
      replicas.size(), drive,
      [&](Generated&& item) {
        if (item.result)
          sink(item.index, std::move(*item.result));
        else if (commit)
          commit();
      },
      [] {});
  for (const GeneratorCounters& one : done) {
    counters.rows_computed += one.rows_computed;
    counters.generated_tokens += one.generated_tokens;
  }
  return whole == units.size();
}

}  // namespace flm
