#include "engine/cuda/kernels/sample_tables.h"

#include <algorithm>

#include "engine/numerics/random_stream.h"

namespace flm {

SampleTables::SampleTables(std::span<const SampleQuery> queries, std::int64_t width) {
  for (const SampleQuery& query : queries) {
    const Sampling& how = *query.sampling;
    cuda::SampleRow row;
    row.row = static_cast<std::int64_t>(rows.size());
    row.vocab = static_cast<std::int32_t>(std::min<std::int64_t>(query.vocab_size, width));
    row.temperature = how.temperature;
    row.penalty = how.repetition_penalty;
    row.top_p = how.top_p;
    row.top_k = how.top_k;
    if (how.temperature != 0) row.u = uniform(how.seed, query.prompt_key, how.repeat, query.step);
    if (row.penalty != 1) {
      row.history_begin = static_cast<std::int32_t>(histories.size());
      row.history_count = static_cast<std::int32_t>(query.history.size());
      histories.insert(histories.end(), query.history.begin(), query.history.end());
    }
    most_vocab = std::max(most_vocab, row.vocab);
    rows.push_back(row);
  }
  if (histories.empty()) histories.push_back(0);
}

}  // namespace flm
