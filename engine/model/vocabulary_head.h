// The LM head: final norm, logits of the rows that are asked, and what is wanted of them. With
// several ranks each holds a part of the vocabulary, and only maxima, sums and asked values are
// exchanged.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/model/model.h"
#include "engine/model/weights/weight_provider.h"
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
  /// Draws from the rows where they are, on rank 0; for a backend that samples.
  std::vector<SampledToken> sample(const float* hidden, std::span<const std::int32_t> rows,
                                   std::span<const SampleQuery> queries,
                                   const HeadWeights& weights) const;
  /// log-sum-exp of a whole row by the same tree as answer().
  float log_sum_exp(std::span<const float> logits) const;

 private:
  /// Scaled logits of this rank's part.
  void local_logits(const float* hidden, std::span<const std::int32_t> rows,
                    const HeadWeights& weights, float* logits) const;
  /// Of whole rows, of which `logits` has this rank's part.
  std::vector<SoftmaxStats> stats_of(const float* logits, std::int64_t rows) const;
  /// Scaled logits [rows, vocabulary] in the backend's memory: in `whole`, or where that is null in
  /// memory that is returned.
  Buffer whole_logits(const float* hidden, std::span<const std::int32_t> rows,
                      const HeadWeights& weights, float* whole) const;

  const ModelConfig& config_;
  const Backend& backend_;
  Communicator& communicator_;
  const std::vector<Range> parts_;  // of the vocabulary, by rank
  const Range part_;                // this rank's
};

}  // namespace flm
