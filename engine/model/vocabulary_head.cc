#include "engine/model/vocabulary_head.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "base/errors.h"
#include "engine/backend/model_cost.h"
#include "engine/model/split_softmax.h"
#include "engine/numerics/logarithm.h"

namespace flm {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// What one rank tells the others about one row: logits of targets, top k; 4-byte words.
class RowMessage {
 public:
  static std::size_t words(const HeadQuery& query) {
    return query.targets.size() + 2 * static_cast<std::size_t>(query.top_k);
  }
  /// `values` of the query's targets (-inf: another rank's), `top` its largest; indices count from
  /// the part's begin.
  static void write(const HeadQuery& query, Range part, const float* values, const RankedLogit* top,
                    float* out) {
    const auto begin = static_cast<std::int32_t>(part.begin);
    out = std::copy_n(values, query.targets.size(), out);
    for (std::int32_t k = 0; k < query.top_k; ++k, ++top) {
      out = put_id(out, top->first < 0 ? -1 : begin + top->first);
      *out++ = top->second;
    }
  }
  static std::int32_t id_at(const float* word) {
    std::int32_t id;
    std::memcpy(&id, word, sizeof id);
    return id;
  }

 private:
  static float* put_id(float* out, std::int32_t id) {
    std::memcpy(out, &id, sizeof id);
    return out + 1;
  }
};

float log_sum_exp_of(const SoftmaxStats& stats) {
  return static_cast<float>(static_cast<double>(stats.max) +
                            log_double(static_cast<double>(stats.sum)));
}

/// The messages of a chunk's rows, one after the other; `logits` are in the backend's memory.
std::vector<float> write_messages(const Backend& backend, std::span<const HeadQuery> queries,
                                  const float* logits, Range part) {
  std::vector<LogitAt> here;
  std::vector<std::int32_t> counts;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    counts.push_back(queries[i].top_k);
    for (std::int32_t target : queries[i].targets)
      if (target >= part.begin && target < part.end)
        here.push_back({static_cast<std::int64_t>(i), target - part.begin});
  }
  std::vector<float> picked(here.size());
  backend.pick(logits, part.size(), here, picked.data());
  const std::vector<RankedLogit> top = backend.largest(logits, part.size(), counts);
  std::vector<float> messages, values;
  auto next = picked.begin();
  auto best = top.begin();
  for (std::size_t i = 0; i < queries.size(); ++i) {
    values.clear();
    for (std::int32_t target : queries[i].targets)
      values.push_back(target >= part.begin && target < part.end ? *next++ : kMinusInfinity);
    messages.resize(messages.size() + RowMessage::words(queries[i]));
    RowMessage::write(queries[i], part, values.data(), std::to_address(best),
                      std::to_address(messages.end()) - RowMessage::words(queries[i]));
    best += queries[i].top_k;
  }
  return messages;
}

/// One row's answer from the messages of all ranks, one each `stride` words, of which the row's
/// begins at `offset`.
HeadAnswer read_answer(const std::vector<float>& messages, std::size_t stride, std::size_t offset,
                       const HeadQuery& query, const SoftmaxStats& stats) {
  const auto most = static_cast<std::size_t>(query.top_k);
  HeadAnswer answer;
  answer.argmax = stats.argmax;
  answer.logprobs.assign(query.targets.size(), kMinusInfinity);
  for (std::size_t at = offset; at < messages.size(); at += stride) {
    const float* message = messages.data() + at;
    for (std::size_t t = 0; t < query.targets.size(); ++t)
      answer.logprobs[t] = std::max(answer.logprobs[t], message[t]);
    for (std::size_t k = 0; k < most; ++k) {
      const float* entry = message + query.targets.size() + 2 * k;
      if (RowMessage::id_at(entry) >= 0)
        answer.top.emplace_back(RowMessage::id_at(entry), entry[1]);
    }
  }
  const float lse = answer.log_sum_exp = log_sum_exp_of(stats);
  for (float& value : answer.logprobs) value -= lse;
  if (!std::isfinite(lse)) answer.top.clear();  // NaN has no order
  std::sort(answer.top.begin(), answer.top.end(), ranks_before);
  answer.top.resize(std::min(answer.top.size(), most));
  for (auto& [id, value] : answer.top) value -= lse;
  return answer;
}

}  // namespace

VocabularyHead::VocabularyHead(const ModelConfig& config, const Backend& backend,
                               Communicator& communicator)
    : config_(config),
      backend_(backend),
      communicator_(communicator),
      parts_(vocabulary_parts(config.vocab_rows, communicator.size())),
      part_(parts_[static_cast<std::size_t>(communicator.rank())]) {}

void VocabularyHead::local_logits(const float* hidden, std::span<const std::int32_t> rows,
                                  const HeadWeights& weights, float* logits) const {
  const auto count = static_cast<std::int64_t>(rows.size());
  const std::int64_t bytes = count * config_.hidden * static_cast<std::int64_t>(sizeof(float));
  const Buffer gathered = backend_.allocate(bytes), normed = backend_.allocate(bytes);
  backend_.gather_rows(hidden, config_.hidden, rows, gathered.get());
  backend_.matmul(Normed{gathered.get(), weights.norm.weight, static_cast<float>(config_.norm_eps),
                         normed.get(), config_.block.norm, weights.norm.bias},
                  count, *weights.head, {},
                  Assigned{logits, part_.size(), config_.logit_scale, config_.block.logit_cap});
}

std::vector<SoftmaxStats> VocabularyHead::stats_of(const float* logits, std::int64_t rows) const {
  if (communicator_.size() > 1)
    return split_softmax_stats(backend_, communicator_, parts_, logits, rows);
  std::vector<SoftmaxStats> stats(static_cast<std::size_t>(rows));
  backend_.softmax_stats(logits, rows, part_.size(), stats.data());
  return stats;
}

std::vector<HeadAnswer> VocabularyHead::answer(const float* hidden,
                                               std::span<const std::int32_t> rows,
                                               std::span<const HeadQuery> queries,
                                               const HeadWeights& weights) const {
  FLM_CHECK(rows.size() == queries.size(), "a query for each head row");
  std::int64_t widest = 0;  // the chunks of all ranks are the same rows
  for (const Range& part : parts_) widest = std::max(widest, part.size());
  const auto chunk_rows =
      static_cast<std::size_t>(head_chunk_rows(widest, backend_.head_chunk_bytes()));
  const auto width = static_cast<std::size_t>(part_.size());
  const Buffer logits = backend_.allocate(
      static_cast<std::int64_t>(std::min(chunk_rows, rows.size()) * width * sizeof(float)));
  std::vector<HeadAnswer> answers(rows.size());
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk_rows) {
    const std::size_t count = std::min(chunk_rows, rows.size() - begin);
    if (weights.head) local_logits(hidden, rows.subspan(begin, count), weights, logits.get());
    const std::vector<SoftmaxStats> stats =
        stats_of(logits.get(), static_cast<std::int64_t>(count));
    const std::vector<float> mine =
        write_messages(backend_, queries.subspan(begin, count), logits.get(), part_);
    std::vector<float> all(mine.size() * parts_.size());
    communicator_.all_gather(std::as_bytes(std::span<const float>(mine)),
                             std::as_writable_bytes(std::span<float>(all)));
    std::size_t offset = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const HeadQuery& query = queries[begin + i];
      answers[begin + i] = read_answer(all, mine.size(), offset, query, stats[i]);
      offset += RowMessage::words(query);
    }
  }
  return answers;
}

Buffer VocabularyHead::whole_logits(const float* hidden, std::span<const std::int32_t> rows,
                                    const HeadWeights& weights, float* whole) const {
  const auto count = static_cast<std::int64_t>(rows.size());
  const auto room = [&](std::int64_t width) {
    return backend_.allocate(count * width * static_cast<std::int64_t>(sizeof(float)));
  };
  Buffer memory = whole ? Buffer() : room(config_.vocab_rows);
  if (memory) whole = memory.get();
  if (communicator_.size() == 1) {
    local_logits(hidden, rows, weights, whole);
    return memory;
  }
  const Buffer mine = room(part_.size());
  if (weights.head) local_logits(hidden, rows, weights, mine.get());
  backend_.gather_columns(communicator_, {mine.get(), part_.size(), whole, config_.vocab_rows,
                                          count, sizeof(float), parts_});
  return memory;
}

void VocabularyHead::logits(const float* hidden, std::span<const std::int32_t> rows,
                            const HeadWeights& weights, std::vector<float>& whole) const {
  whole.resize(rows.size() * static_cast<std::size_t>(config_.vocab_rows));
  const bool here = backend_.in_host_memory();
  const Buffer memory = whole_logits(hidden, rows, weights, here ? whole.data() : nullptr);
  if (!here) backend_.download(memory.get(), static_cast<std::int64_t>(whole.size()), whole.data());
}

std::vector<SampledToken> VocabularyHead::sample(const float* hidden,
                                                 std::span<const std::int32_t> rows,
                                                 std::span<const SampleQuery> queries,
                                                 const HeadWeights& weights) const {
  FLM_CHECK(rows.size() == queries.size(), "a query for each head row");
  std::vector<SoftmaxStats> stats(rows.size());
  std::vector<SampledToken> tokens(rows.size());
  const Buffer logits = whole_logits(hidden, rows, weights, nullptr);
  if (communicator_.rank() > 0) return {};
  backend_.softmax_stats(logits.get(), static_cast<std::int64_t>(rows.size()), config_.vocab_rows,
                         stats.data());
  backend_.sample(logits.get(), config_.vocab_rows, queries, tokens.data());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i].log_sum_exp = log_sum_exp_of(stats[i]);
    tokens[i].logprob -= tokens[i].log_sum_exp;
  }
  return tokens;
}

float VocabularyHead::log_sum_exp(std::span<const float> logits) const {
  FLM_CHECK(static_cast<std::int64_t>(logits.size()) == config_.vocab_rows,
            "log_sum_exp wants a whole row");
  return log_sum_exp_of(backend_.softmax_stats_of(logits.data(), config_.vocab_rows));
}

}  // namespace flm
