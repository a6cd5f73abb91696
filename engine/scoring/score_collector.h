// Puts the answers of many batches together into one result for each request.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "engine/model/model.h"
#include "engine/scoring/packed_batch.h"

namespace flm {

/// Holds results until all their positions are in, then hands them to the sink: with an error and
/// no figures where the logits of one of them are not finite. One thread.
class ScoreCollector {
 public:
  explicit ScoreCollector(std::span<const ScoreRequest> requests);

  /// Hands out the results of requests that score nothing.
  void deliver_empty(const ScoreSink& sink);
  /// answers[i] is that of the batch's head row i.
  void take(std::span<const HeadAnswer> answers, std::span<const Recipient> recipients,
            const ScoreSink& sink);

 private:
  void start(std::size_t request);
  void fail(std::size_t request, std::size_t index, float log_sum_exp);

  std::span<const ScoreRequest> requests_;
  std::vector<ScoreResult> results_;
  std::vector<std::int32_t> missing_;  // positions not yet in; -1: not started
};

}  // namespace flm
