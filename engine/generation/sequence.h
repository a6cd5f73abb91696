// One request on its way: what it has computed, what it has generated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/backend/sampling.h"
#include "engine/engine.h"
#include "engine/generation/kv_pages.h"
#include "engine/generation/stop_matcher.h"

namespace flm {

/// Most tokens of prompt and output together.
std::int32_t most_tokens(const GenerateRequest& request, std::int32_t max_length);
/// Most positions that enter the model: all tokens but the last one generated.
std::int32_t positions_needed(const GenerateRequest& request, std::int32_t max_length);
/// What enters before anything is drawn: the prompt and what is begun of its answer, of which no
/// more counts than the request lets come.
std::vector<std::int32_t> inputs_of(const GenerateRequest& request, std::int32_t max_length);
/// The answer where all that may come is begun: there is nothing to compute.
std::optional<GenerateResult> begun_to_the_limit(const GenerateRequest& request,
                                                 const Tokenizer& tokenizer,
                                                 std::int32_t max_length);

/// Prompt rows and decoded rows are the same thing here: tokens whose K/V is not computed yet.
class Sequence {
 public:
  /// `request` and `tokenizer` must outlive it.
  Sequence(std::size_t index, const GenerateRequest& request, const Tokenizer& tokenizer,
           KvPages::Lease lease, std::int32_t max_length);

  /// Adds up to `most` of the pending rows to the batch, with the first of them the copy that the
  /// lease asks for; true when the last of them is in it, as a head row.
  bool append_rows(std::int32_t most, PackedBatch& batch);

  /// What is asked of the last row's logits; valid until advance().
  SampleQuery query() const;
  /// Takes the token that was drawn. Logits that are not finite end the sequence with an error.
  /// Touches nothing outside this sequence.
  void advance(const SampledToken& token);

  bool finished() const { return !result_.finish_reason.empty() || !result_.error.empty(); }
  std::size_t index() const { return index_; }
  KvPages::Lease& lease() { return lease_; }
  /// Whether rows of its own have run, and so the copy that its lease asks for.
  bool started() const { return computed_ > lease_.shared_tokens; }
  GenerateResult take_result() { return std::move(result_); }

 private:
  void finish_if_done();

  std::size_t index_;
  const GenerateRequest& request_;
  const Tokenizer& tokenizer_;
  KvPages::Lease lease_;
  std::int32_t most_tokens_;  // prompt and output
  std::uint64_t prompt_key_;
  std::vector<std::int32_t> tokens_;  // prompt and output so far
  std::int32_t computed_ = 0;         // leading tokens whose K/V is in the cache
  StopMatcher stop_;
  GenerateResult result_;
};

}  // namespace flm
