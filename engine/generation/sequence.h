// One request on its way: what it has computed, what it has generated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "engine/generation/kv_pages.h"
#include "engine/generation/stop_matcher.h"
#include "engine/model/sampling.h"

namespace flm {

/// Most positions that enter the model: all tokens but the last one generated.
std::int32_t positions_needed(const GenerateRequest& request, std::int32_t max_length);

/// Prompt rows and decoded rows are the same thing here: tokens whose K/V is not computed yet.
class Sequence {
 public:
  /// `request` and `tokenizer` must outlive it.
  Sequence(std::size_t index, const GenerateRequest& request, const Tokenizer& tokenizer,
           KvPages::Lease lease, std::int32_t max_length);

  /// Adds up to `most` of the pending rows to the batch; true when the last of them is in it, as a
  /// head row.
  bool append_rows(std::int32_t most, PackedBatch& batch);

  /// What is asked of the last row's logits; valid until advance().
  SampleQuery query() const;
  /// Takes the token that was drawn. Logits that are not finite are a UserError. Touches nothing
  /// outside this sequence.
  void advance(const SampledToken& token);

  bool finished() const { return !result_.finish_reason.empty(); }
  std::size_t index() const { return index_; }
  const KvPages::Lease& lease() const { return lease_; }
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
