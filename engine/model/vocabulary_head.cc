#include "engine/model/vocabulary_head.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "base/errors.h"
#include "engine/model/model_cost.h"
#include "engine/numerics/logarithm.h"

namespace flm {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// What one rank tells the others about one row: statistics, targets, top k; 4-byte words.
class RowMessage {
 public:
  static std::size_t words(const HeadQuery& query) {
    return 3 + query.targets.size() + 2 * static_cast<std::size_t>(query.top_k);
  }
  /// `values` of the query's targets (-inf: another rank's), `top` its largest; indices count from
  /// the part's begin.
  static void write(const HeadQuery& query, const SoftmaxStats& stats, Range part,
                    const float* values, const RankedLogit* top, float* out) {
    const auto begin = static_cast<std::int32_t>(part.begin);
    *out++ = stats.max;
    *out++ = stats.sum;
    out = put_id(out, begin + stats.argmax);
    out = std::copy_n(values, query.targets.size(), out);
    for (std::int32_t k = 0; k < query.top_k; ++k, ++top) {
      out = put_id(out, top->first < 0 ? -1 : begin + top->first);
      *out++ = top->second;
    }
  }
  static SoftmaxStats stats(const float* message) {
    return {message[0], message[1], id_at(message + 2)};
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

bool better(const RankedLogit& a, const RankedLogit& b) {
  return a.second != b.second ? a.second > b.second : a.first < b.first;
}

/// The messages of a chunk's rows, one after the other; `logits` are in the backend's memory.
std::vector<float> write_messages(const Backend& backend, std::span<const HeadQuery> queries,
                                  const SoftmaxStats* stats, const float* logits, Range part) {
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
    RowMessage::write(queries[i], stats[i], part, values.data(), std::to_address(best),
                      std::to_address(messages.end()) - RowMessage::words(queries[i]));
    best += queries[i].top_k;
  }
  return messages;
}

}  // namespace

VocabularyHead::VocabularyHead(const ModelConfig& config, const Backend& backend,
                               Communicator& communicator)
    : config_(config),
      backend_(backend),
      communicator_(communicator),
      part_(part_of(config.vocab_rows, communicator.rank(), communicator.size())) {}

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

float VocabularyHead::combine(std::span<const SoftmaxStats> parts) const {
  float max = kMinusInfinity, sum = 0;
  for (const SoftmaxStats& part : parts) max = std::max(part.max, max);
  for (const SoftmaxStats& part : parts) sum += part.sum * backend_.exp_of(part.max - max);
  return static_cast<float>(static_cast<double>(max) + log_double(static_cast<double>(sum)));
}

std::vector<HeadAnswer> VocabularyHead::answer(const float* hidden,
                                               std::span<const std::int32_t> rows,
                                               std::span<const HeadQuery> queries,
                                               const HeadWeights& weights) const {
  FLM_CHECK(rows.size() == queries.size(), "a query for each head row");
  const auto chunk_rows = static_cast<std::size_t>(head_chunk_rows(
      part_of(config_.vocab_rows, 0, communicator_.size()).size(), backend_.head_chunk_bytes()));
  const auto width = static_cast<std::size_t>(part_.size());
  const auto ranks = static_cast<std::size_t>(communicator_.size());
  const Buffer logits = backend_.allocate(
      static_cast<std::int64_t>(std::min(chunk_rows, rows.size()) * width * sizeof(float)));
  std::vector<SoftmaxStats> stats(chunk_rows), parts(ranks);
  std::vector<HeadAnswer> answers(rows.size());
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk_rows) {
    const std::size_t count = std::min(chunk_rows, rows.size() - begin);
    if (weights.head) {
      local_logits(hidden, rows.subspan(begin, count), weights, logits.get());
      backend_.softmax_stats(logits.get(), static_cast<std::int64_t>(count), part_.size(),
                             stats.data());
    } else {  // more ranks than parts of the vocabulary
      std::fill_n(stats.begin(), count, SoftmaxStats{kMinusInfinity, 0, 0});
    }
    const std::vector<float> mine =
        write_messages(backend_, queries.subspan(begin, count), stats.data(), logits.get(), part_);
    std::vector<float> all(mine.size() * ranks);
    communicator_.all_gather(std::as_bytes(std::span<const float>(mine)),
                             std::as_writable_bytes(std::span<float>(all)));
    std::size_t offset = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const HeadQuery& query = queries[begin + i];
      HeadAnswer& answer = answers[begin + i];
      answer.logprobs.assign(query.targets.size(), kMinusInfinity);
      float best = kMinusInfinity;
      for (std::size_t r = 0; r < ranks; ++r) {
        const float* message = all.data() + r * mine.size() + offset;
        parts[r] = RowMessage::stats(message);
        if (r == 0 || parts[r].max > best) {
          best = parts[r].max;
          answer.argmax = parts[r].argmax;
        }
        for (std::size_t t = 0; t < query.targets.size(); ++t)
          answer.logprobs[t] = std::max(answer.logprobs[t], message[3 + t]);
        for (std::size_t k = 0; k < static_cast<std::size_t>(query.top_k); ++k) {
          const float* entry = message + 3 + query.targets.size() + 2 * k;
          if (RowMessage::id_at(entry) >= 0)
            answer.top.emplace_back(RowMessage::id_at(entry), entry[1]);
        }
      }
      const float lse = answer.log_sum_exp = combine(parts);
      for (float& value : answer.logprobs) value -= lse;
      if (!std::isfinite(lse)) answer.top.clear();  // NaN has no order
      std::sort(answer.top.begin(), answer.top.end(), better);
      answer.top.resize(std::min(answer.top.size(), static_cast<std::size_t>(query.top_k)));
      for (auto& [id, value] : answer.top) value -= lse;
      offset += RowMessage::words(query);
    }
  }
  return answers;
}

void VocabularyHead::logits(const float* hidden, std::span<const std::int32_t> rows,
                            const HeadWeights& weights, std::vector<float>& whole) const {
  const auto ranks = static_cast<std::size_t>(communicator_.size());
  const auto vocab = static_cast<std::size_t>(config_.vocab_rows),
             width = static_cast<std::size_t>(part_.size());
  whole.resize(rows.size() * vocab);
  std::vector<float> part(ranks == 1 ? 0 : rows.size() * width);
  std::vector<float>& local = ranks == 1 ? whole : part;
  if (weights.head) {
    const auto count = static_cast<std::int64_t>(local.size());
    Buffer memory;
    float* at = local.data();
    if (!backend_.in_host_memory()) {
      memory = backend_.allocate(count * static_cast<std::int64_t>(sizeof(float)));
      at = memory.get();
    }
    local_logits(hidden, rows, weights, at);
    if (memory) backend_.download(memory.get(), count, local.data());
  }
  if (ranks == 1) return;
  // all_gather moves equal sizes: a shorter last part is padded.
  const auto padded =
      static_cast<std::size_t>(part_of(config_.vocab_rows, 0, communicator_.size()).size());
  std::vector<float> mine(rows.size() * padded), all(mine.size() * ranks);
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(local.data() + i * width, width, mine.data() + i * padded);
  communicator_.all_gather(std::as_bytes(std::span<const float>(mine)),
                           std::as_writable_bytes(std::span<float>(all)));
  for (std::size_t r = 0; r < ranks; ++r) {
    const Range range = part_of(config_.vocab_rows, static_cast<int>(r), communicator_.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      std::copy_n(all.data() + r * mine.size() + i * padded, range.size(),
                  whole.data() + i * vocab + static_cast<std::size_t>(range.begin));
  }
}

std::vector<SampledToken> VocabularyHead::sample(const float* hidden,
                                                 std::span<const std::int32_t> rows,
                                                 std::span<const SampleQuery> queries,
                                                 const HeadWeights& weights) const {
  FLM_CHECK(rows.size() == queries.size(), "a query for each head row");
  std::vector<SoftmaxStats> stats(rows.size());
  std::vector<SampledToken> tokens(rows.size());
  const Buffer memory = backend_.allocate(static_cast<std::int64_t>(
      rows.size() * static_cast<std::size_t>(part_.size()) * sizeof(float)));
  local_logits(hidden, rows, weights, memory.get());
  backend_.softmax_stats(memory.get(), static_cast<std::int64_t>(rows.size()), part_.size(),
                         stats.data());
  backend_.sample(memory.get(), part_.size(), queries, tokens.data());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i].log_sum_exp = combine({&stats[i], 1});
    tokens[i].logprob -= tokens[i].log_sum_exp;
  }
  return tokens;
}

float VocabularyHead::log_sum_exp(std::span<const float> logits) const {
  FLM_CHECK(static_cast<std::int64_t>(logits.size()) == config_.vocab_rows,
            "log_sum_exp wants a whole row");
  std::vector<SoftmaxStats> parts;
  for (int rank = 0; rank < communicator_.size(); ++rank) {
    const Range range = part_of(config_.vocab_rows, rank, communicator_.size());
    parts.push_back(range.size() > 0
                        ? backend_.softmax_stats_of(logits.data() + range.begin, range.size())
                        : SoftmaxStats{kMinusInfinity, 0, 0});
  }
  return combine(parts);
}

}  // namespace flm
