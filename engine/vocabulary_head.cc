#include "engine/vocabulary_head.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "base/errors.h"
#include "engine/cpu/math64.h"
#include "engine/memory_plan.h"

namespace flm {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

using Ranked = std::pair<std::int32_t, float>;

bool better(const Ranked& a, const Ranked& b) {
  return a.second != b.second ? a.second > b.second : a.first < b.first;
}

/// The k largest of one row, best first; ids are offset by `base`; filled up with id -1.
std::vector<Ranked> largest(std::span<const float> logits, std::int32_t base, std::int32_t k) {
  std::vector<Ranked> best;  // a heap with the worst kept one in front
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const Ranked entry{base + static_cast<std::int32_t>(i), logits[i]};
    if (static_cast<std::int32_t>(best.size()) == k) {
      if (k == 0 || !better(entry, best.front())) continue;
      std::pop_heap(best.begin(), best.end(), better);
      best.pop_back();
    }
    best.push_back(entry);
    std::push_heap(best.begin(), best.end(), better);
  }
  std::sort(best.begin(), best.end(), better);
  best.resize(static_cast<std::size_t>(k), {-1, kMinusInfinity});
  return best;
}

/// What one rank tells the others about one row: statistics, targets, top k; 4-byte words.
class RowMessage {
 public:
  static std::size_t words(const HeadQuery& query) {
    return 3 + query.targets.size() + 2 * static_cast<std::size_t>(query.top_k);
  }
  static void write(const HeadQuery& query, const SoftmaxStats& stats,
                    std::span<const float> logits, Range part, float* out) {
    *out++ = stats.max;
    *out++ = stats.sum;
    out = put_id(out, static_cast<std::int32_t>(part.begin) + stats.argmax);
    for (std::int32_t target : query.targets) {
      const bool here = target >= part.begin && target < part.end;
      *out++ = here ? logits[static_cast<std::size_t>(target - part.begin)] : kMinusInfinity;
    }
    for (const auto& [id, value] :
         largest(logits, static_cast<std::int32_t>(part.begin), query.top_k)) {
      out = put_id(out, id);
      *out++ = value;
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

}  // namespace

VocabularyHead::VocabularyHead(const ModelConfig& config, const Backend& backend,
                               Communicator& communicator)
    : config_(config),
      backend_(backend),
      communicator_(communicator),
      part_(part_of(config.vocab_rows, communicator.rank(), communicator.size())) {}

void VocabularyHead::local_logits(const float* hidden, std::span<const std::int32_t> rows,
                                  const HeadWeights& weights, float* logits,
                                  SoftmaxStats* stats) const {
  if (!weights.head) {  // more ranks than parts of the vocabulary
    std::fill_n(stats, rows.size(), SoftmaxStats{kMinusInfinity, 0, 0});
    return;
  }
  const auto h = static_cast<std::size_t>(config_.hidden);
  const auto count = static_cast<std::int64_t>(rows.size());
  auto gathered = std::make_unique_for_overwrite<float[]>(rows.size() * h);
  auto normed = std::make_unique_for_overwrite<float[]>(rows.size() * h);
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(hidden + static_cast<std::size_t>(rows[i]) * h, h, gathered.get() + i * h);
  backend_.rms_norm(gathered.get(), count, weights.norm, static_cast<float>(config_.norm_eps),
                    normed.get());
  backend_.matmul(normed.get(), config_.hidden, count, *weights.head, {}, logits, part_.size());
  backend_.softmax_stats(logits, count, part_.size(), config_.logit_scale, stats);
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
  const auto chunk_rows = static_cast<std::size_t>(
      head_chunk_rows(part_of(config_.vocab_rows, 0, communicator_.size()).size()));
  const auto width = static_cast<std::size_t>(part_.size());
  const auto ranks = static_cast<std::size_t>(communicator_.size());
  auto logits = std::make_unique_for_overwrite<float[]>(std::min(chunk_rows, rows.size()) * width);
  std::vector<SoftmaxStats> stats(chunk_rows), parts(ranks);
  std::vector<HeadAnswer> answers(rows.size());
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk_rows) {
    const std::size_t count = std::min(chunk_rows, rows.size() - begin);
    local_logits(hidden, rows.subspan(begin, count), weights, logits.get(), stats.data());
    std::vector<float> mine;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = mine.size();
      mine.resize(at + RowMessage::words(queries[begin + i]));
      RowMessage::write(queries[begin + i], stats[i], {logits.get() + i * width, width}, part_,
                        mine.data() + at);
    }
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
      const float lse = combine(parts);
      for (float& value : answer.logprobs) value -= lse;
      std::sort(answer.top.begin(), answer.top.end(), better);
      answer.top.resize(std::min(answer.top.size(), static_cast<std::size_t>(query.top_k)));
      for (auto& [id, value] : answer.top) value -= lse;
      offset += RowMessage::words(query);
    }
  }
  return answers;
}

std::vector<float> VocabularyHead::logits(const float* hidden, std::span<const std::int32_t> rows,
                                          const HeadWeights& weights) const {
  const auto ranks = static_cast<std::size_t>(communicator_.size());
  const auto vocab = static_cast<std::size_t>(config_.vocab_rows),
             width = static_cast<std::size_t>(part_.size());
  std::vector<SoftmaxStats> stats(rows.size());
  std::vector<float> local(rows.size() * width);
  local_logits(hidden, rows, weights, local.data(), stats.data());
  if (ranks == 1) return local;
  // all_gather moves equal sizes: a shorter last part is padded.
  const auto padded =
      static_cast<std::size_t>(part_of(config_.vocab_rows, 0, communicator_.size()).size());
  std::vector<float> mine(rows.size() * padded), all(mine.size() * ranks),
      whole(rows.size() * vocab);
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
  return whole;
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
