// An engine without a model: its answers are what a test says.
#pragma once

#include <functional>
#include <string>

#include "engine/engine.h"

namespace flm::testing {

/// Every member may be set. `scored` and `generated` are asked for each request of a call with the
/// number of requests of that call.
struct StandInEngine : Engine {
  EngineInfo facts;
  EnginePlan of_scores, of_generations;
  std::function<ScoreResult(const ScoreRequest&, std::size_t together)> scored;
  std::function<GenerateResult(const GenerateRequest&, std::size_t together)> generated;

  const EngineInfo& info() const override { return facts; }
  std::string weights_hash() override { return "weights"; }
  EnginePlan plan(std::span<const ScoreRequest>) const override { return of_scores; }
  EnginePlan plan(std::span<const GenerateRequest>) const override { return of_generations; }
  bool score(std::span<const ScoreRequest> requests, const ScoreSink& sink, const BatchSink& commit,
             const std::atomic<bool>&) override {
    for (std::size_t i = 0; i < requests.size(); ++i) sink(i, scored(requests[i], requests.size()));
    commit();
    return true;
  }
  bool generate(std::span<const GenerateRequest> requests, const Tokenizer&,
                const GenerateSink& sink, const BatchSink& commit,
                const std::atomic<bool>&) override {
    for (std::size_t i = 0; i < requests.size(); ++i)
      sink(i, generated(requests[i], requests.size()));
    commit();
    return true;
  }
  EngineCounters counters() const override { return {}; }
  OperationTimes operation_times() const override { return {}; }
};

}  // namespace flm::testing
