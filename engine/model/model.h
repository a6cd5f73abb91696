// The layer loop, written once for every backend and rank count.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/batch.h"
#include "engine/backend/sampling.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/parallel/communicator.h"

namespace flm {

class Backend;

/// What one row of the LM head is asked: log-probabilities of some targets, and the top k.
struct HeadQuery {
  std::vector<std::int32_t> targets;
  std::int32_t top_k = 0;
};

/// Answer for one head row.
struct HeadAnswer {
  std::vector<float> logprobs;  // [targets], over all vocabulary rows
  std::int32_t argmax = 0;
  std::vector<std::pair<std::int32_t, float>> top;  // [top_k] best first
  /// Where it is not finite, neither is a logit, and the rest of the answer means nothing.
  float log_sum_exp = 0;
};

/// What a scoring pass asks and is told.
struct PassControl {
  /// Asked before each layer with the share of the layers that are done; false gives the pass up.
  /// Every rank gets the same answer.
  std::function<bool(double done)> go_on = nullptr;
  bool another = false;  // pass follows: its first layer may come while this one's head computes
  /// The residual stream of all rows, in the host's memory: from here for a model without the first
  /// layer, to here for one without the last, whose answers are none.
  std::vector<float>* stream = nullptr;
};

/// K/V storage of all layers for generation: slots stay until they are reused. Opaque: made by the
/// model.
class KvStorage {
 public:
  virtual ~KvStorage() = default;
  virtual std::int32_t slots() const = 0;
};

class SharedWeights;
class SpreadWeights;

struct ModelOptions {
  bool stream_weights = false;  // pack a layer on each use instead of keeping it
  /// Where models in one memory get what they have in common; null: each keeps its own.
  std::shared_ptr<SharedWeights> shared = nullptr;
  /// One copy on the devices of several models, of one rank each; null: none. `beside`: the keeper
  /// on this model's device.
  std::shared_ptr<SpreadWeights> spread = nullptr;
  int beside = 0;
  /// Layers of a stage of a pipeline, [first_layer, end_layer); end 0: the model has all.
  int first_layer = 0, end_layer = 0;
};

/// One rank's share of the model (all of it at size 1). Every rank calls the same methods with the
/// same batch.
class Model {
 public:
  static std::unique_ptr<Model> create(const ModelConfig& config,
                                       std::shared_ptr<WeightTable> weights,
                                       Communicator& communicator, std::unique_ptr<Backend> backend,
                                       const ModelOptions& options = {});
  virtual ~Model() = default;

  /// Packs all weights that will stay and are not there yet, instead of on first use; nothing where
  /// they are streamed.
  virtual void load_weights() {}

  /// Scoring: runs the batch, K/V of one layer at a time, and answers queries[i] for
  /// batch.head_rows[i]; nothing where the pass was given up.
  virtual std::optional<std::vector<HeadAnswer>> score(const PackedBatch& batch,
                                                       std::span<const HeadQuery> queries,
                                                       const PassControl& control) = 0;
  std::vector<HeadAnswer> score(const PackedBatch& batch, std::span<const HeadQuery> queries) {
    return score(batch, queries, {}).value();
  }

  /// Generation: K/V go to and come from `storage`. Returns full logits (scaled, fp32) of the head
  /// rows, [head_rows, vocab_rows] row-major, on every rank; they last until the storage's next
  /// forward.
  virtual std::unique_ptr<KvStorage> make_kv_storage(std::int32_t slots) = 0;
  virtual const std::vector<float>& forward(const PackedBatch& batch, KvStorage& storage) = 0;

  /// The same forward, and one draw for each head row; other ranks than the first return none. Here
  /// the logits come to the host; a model whose backend draws keeps them where they are. The same
  /// ids and bits either way.
  virtual std::vector<SampledToken> sample(const PackedBatch& batch, KvStorage& storage,
                                           std::span<const SampleQuery> queries);

  /// log-sum-exp of one row of logits by the same fixed tree as score(): logprob(t) = logits[t] -
  /// lse.
  virtual float log_sum_exp(std::span<const float> logits) const = 0;
};

}  // namespace flm
