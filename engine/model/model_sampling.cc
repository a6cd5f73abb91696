// Sampling on the host, for models whose logits come there.
#include <tbb/parallel_for.h>

#include <cmath>
#include <cstddef>

#include "base/errors.h"
#include "engine/model/model.h"

namespace flm {

std::vector<SampledToken> Model::sample(const PackedBatch& batch, KvStorage& storage,
                                        std::span<const SampleQuery> queries) {
  const std::vector<float>& logits = forward(batch, storage);
  std::vector<SampledToken> tokens(queries.size());
  if (queries.empty()) return tokens;  // the middle of a long prompt
  const std::size_t width = logits.size() / queries.size();
  FLM_CHECK(width * queries.size() == logits.size() && width > 0,
            "the model's logits do not match the head rows");
  tbb::parallel_for(std::size_t{0}, queries.size(), [&](std::size_t i) {
    const std::span<const float> row = std::span(logits).subspan(i * width, width);
    SampledToken& token = tokens[i];
    token.log_sum_exp = log_sum_exp(row);
    if (!std::isfinite(token.log_sum_exp)) return;
    token.id = sample_token(row, queries[i]);
    token.logprob = row[static_cast<std::size_t>(token.id)] - token.log_sum_exp;
  });
  return tokens;
}

}  // namespace flm
