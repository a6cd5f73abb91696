// Sampling on the host, for models whose logits come there.
#include <cmath>
#include <cstddef>

#include "base/errors.h"
#include "base/parallel_loop.h"
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
  parallel_loop(static_cast<std::int64_t>(queries.size()), [&](std::int64_t loop) {
    const auto i = static_cast<std::size_t>(loop);
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
