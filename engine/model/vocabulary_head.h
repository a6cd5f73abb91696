// The LM head: final norm, logits of the rows that are asked, and what is wanted of them. With
// several ranks each holds a part of the vocabulary, and only maxima, sums and asked values are
// exchanged.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/backend.h"
#include "engine/model/model.h"
#include "engine/model/weight_provider.h"
#include "engine/parallel/communicator.h"
#include "engine/parallel/shard.h"

namespace flm {

class VocabularyHead {
 public:
  VocabularyHead(const ModelConfig& config, const Backend& backend, Communicator& communicator);

  /// answers[i] for the row of `hidden` [rows, hidden size] that rows[i] names.
  std::vector<HeadAnswer> answer(const float* hidden, std::span<const std::int32_t> rows,
                                 std::span<const HeadQuery> queries,
                                 const HeadWeights& weights) const;
  /// Scaled logits [rows, vocabulary], on every rank; `whole` keeps its memory from call to call.
  void logits(const float* hidden, std::span<const std::int32_t> rows, const HeadWeights& weights,
              std::vector<float>& whole) const;
  /// Draws from the rows where they are; for one rank and a backend that samples.
  std::vector<SampledToken> sample(const float* hidden, std::span<const std::int32_t> rows,
                                   std::span<const SampleQuery> queries,
                                   const HeadWeights& weights) const;
  /// log-sum-exp of a whole row by the same parts and the same tree as answer().
  float log_sum_exp(std::span<const float> logits) const;

 private:
  /// Scaled logits of this rank's part.
  void local_logits(const float* hidden, std::span<const std::int32_t> rows,
                    const HeadWeights& weights, float* logits) const;
  float combine(std::span<const SoftmaxStats> parts) const;

  const ModelConfig& config_;
  const Backend& backend_;
  Communicator& communicator_;
  Range part_;  // this rank's rows of the vocabulary
};

}  // namespace flm
