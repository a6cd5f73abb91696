#include "engine/generation/sequence.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/errors.h"
#include "engine/generation/generator.h"
#include "engine/numerics/random_stream.h"

namespace flm {

std::int32_t most_tokens(const GenerateRequest& request, std::int32_t max_length) {
  const auto wanted = static_cast<std::int64_t>(request.prompt.size()) + request.max_new_tokens;
  return static_cast<std::int32_t>(std::min<std::int64_t>(wanted, max_length));
}

std::int32_t positions_needed(const GenerateRequest& request, std::int32_t max_length) {
  return most_tokens(request, max_length) - 1;
}

std::vector<std::int32_t> inputs_of(const GenerateRequest& request, std::int32_t max_length) {
  std::vector<std::int32_t> inputs = request.prompt;
  inputs.insert(inputs.end(), request.begun.tokens.begin(), request.begun.tokens.end());
  const auto most = static_cast<std::size_t>(most_tokens(request, max_length));
  inputs.resize(std::min(inputs.size(), std::max(request.prompt.size(), most)));
  return inputs;
}

std::optional<GenerateResult> begun_to_the_limit(const GenerateRequest& request,
                                                 const Tokenizer& tokenizer,
                                                 std::int32_t max_length) {
  const std::size_t room =
      static_cast<std::size_t>(most_tokens(request, max_length)) - request.prompt.size();
  if (request.begun.tokens.size() < room) return std::nullopt;
  GenerateResult result = request.begun;
  result.tokens.resize(room);
  result.logprobs.resize(room);
  result.text = tokenizer.decode(result.tokens, true);
  return result;
}

Sequence::Sequence(std::size_t index, const GenerateRequest& request, const Tokenizer& tokenizer,
                   KvPages::Lease lease, std::int32_t max_length)
    : index_(index),
      request_(request),
      tokenizer_(tokenizer),
      lease_(std::move(lease)),
      most_tokens_(most_tokens(request, max_length)),
      prompt_key_(hash_prompt(request.prompt)),
      tokens_(inputs_of(request, max_length)),
      computed_(lease_.shared_tokens),
      stop_(request.stop, tokenizer) {
  result_.tokens = request.begun.tokens;
  result_.logprobs = request.begun.logprobs;
  stop_.pass(result_.tokens);
}

bool Sequence::append_rows(std::int32_t most, PackedBatch& batch) {
  if (lease_.source >= 0) batch.copies.push_back(copy_of(lease_));
  const auto total = static_cast<std::int32_t>(tokens_.size());
  const std::int32_t end = std::min(total, computed_ + most);
  // One path for all of them, so that attention computes them together.
  const auto begin = static_cast<std::int32_t>(batch.segments.size());
  const std::int32_t segments = append_path(lease_, end - 1, batch.segments);
  std::int32_t count = 0;  // segments that begin at or before the row
  for (; computed_ < end; ++computed_) {
    while (count < segments &&
           batch.segments[static_cast<std::size_t>(begin + count)].position <= computed_)
      ++count;
    batch.ids.push_back(tokens_[computed_]);
    batch.positions.push_back(computed_);
    batch.slots.push_back(slot_of(lease_, computed_));
    batch.path_begin.push_back(begin);
    batch.path_count.push_back(count);
  }
  if (computed_ < total) return false;
  batch.head_rows.push_back(batch.rows() - 1);
  return true;
}

SampleQuery Sequence::query() const {
  return {&request_.sampling, tokenizer_.vocab_size(), tokens_, prompt_key_,
          static_cast<std::uint32_t>(result_.tokens.size())};
}

void Sequence::advance(const SampledToken& token) {
  if (!std::isfinite(token.log_sum_exp)) {
    result_.error = "generated token " + std::to_string(result_.tokens.size()) +
                    ": the logits are not finite (log-sum-exp " +
                    std::to_string(token.log_sum_exp) +
                    "); check the weights with: flmeval model verify";
    result_.text = tokenizer_.decode(result_.tokens, true);
    return;
  }
  tokens_.push_back(token.id);
  result_.tokens.push_back(token.id);
  result_.logprobs.push_back(token.logprob);
  finish_if_done();
}

void Sequence::finish_if_done() {
  const std::span<const std::int32_t> generated = result_.tokens;
  const auto& ids = request_.stop_ids;
  if (std::optional<std::string> text = stop_.advance(generated)) {
    result_.text = std::move(*text);
    result_.finish_reason = "stop";
  } else if (std::find(ids.begin(), ids.end(), generated.back()) != ids.end()) {
    result_.text = tokenizer_.decode(generated, true);
    result_.finish_reason = "stop";
  } else if (static_cast<std::int32_t>(tokens_.size()) >= most_tokens_) {
    result_.text = tokenizer_.decode(generated, true);
    result_.finish_reason = "length";
  }
}

}  // namespace flm
