// A model that answers whole units of work, which need nothing of each other.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/batch.h"
#include "engine/engine.h"
#include "engine/generation/generator.h"
#include "engine/model/model.h"

namespace flm {

/// One caller at a time; several replicas at once. Answers do not depend on which replica gives
/// them.
class Replica {
 public:
  virtual ~Replica() = default;
  /// Reads all weights that will stay, instead of on first use.
  virtual void load_weights() = 0;
  /// As Model::score.
  virtual std::optional<std::vector<HeadAnswer>> score(const PackedBatch& batch,
                                                       std::span<const HeadQuery> queries,
                                                       const PassControl& control) = 0;
  /// As run_generation: false where `stop` ended it early. The sink and `commit` are called in the
  /// calling thread.
  virtual bool generate(std::span<const GenerateRequest> requests, const Tokenizer& tokenizer,
                        const GeneratorLimits& limits, const GenerateSink& sink,
                        const BatchSink& commit, const std::atomic<bool>& stop,
                        GeneratorCounters& counters) = 0;
};

/// In this process: a rank for each backend.
std::unique_ptr<Replica> make_local_replica(const ModelConfig& config,
                                            std::shared_ptr<WeightTable> weights,
                                            std::vector<std::unique_ptr<Backend>> backends,
                                            const ModelOptions& options);

using Replicas = std::vector<std::unique_ptr<Replica>>;

/// In this process: a stage of one pipeline for each backend, and a replica for each batch that is
/// under way in it.
Replicas make_pipelined_replicas(const ModelConfig& config, std::shared_ptr<WeightTable> weights,
                                 std::vector<std::unique_ptr<Backend>> backends,
                                 const ModelOptions& options);

}  // namespace flm
