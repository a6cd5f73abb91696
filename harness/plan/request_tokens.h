// From a task's text requests to the engine's token requests: lm-evaluation-harness's split of
// context and continuation, windows of rolling texts, stop conditions, and what is too long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/tokenizer.h"
#include "harness/plan/protocol.h"
#include "tasks/task.h"

namespace flm {

struct TokenPolicy {
  int max_length = 0;                  // most model inputs
  bool truncate_left = false;          // else too long = flagged
  std::optional<std::int32_t> prefix;  // --prefix-token as an id; null: named BOS, else EOS
  std::uint64_t seed = 1234;           // of sampled generation
};

/// One request in tokens. `problem` non-empty: it is not run; over_long tells which kind.
struct TokenizedRequest {
  std::vector<ScoreRequest> scores;          // several for a rolling text
  std::vector<std::int32_t> packed;          // BPB, packed: its ids, which its neighbours join
  std::vector<GenerateRequest> generations;  // one a repeat
  std::int64_t excluded_bytes = 0;           // BPB, prefix none
  bool over_long = false;
  std::int64_t length = 0;  // model inputs it would need
  std::string problem;
};

/// Texts that follow each other here may repeat each other (the choices of a document, documents of
/// a task): what repeats is encoded once. One for each thread.
class RequestTokenizer {
 public:
  RequestTokenizer(const Tokenizer& tokenizer, const TokenPolicy& policy);

  TokenizedRequest log_likelihood(const std::string& context, const std::string& continuation);
  TokenizedRequest rolling(
      const std::string& text);  // lm-evaluation-harness's loglikelihood_rolling
  TokenizedRequest bpb(const std::string& text, const ResolvedBpb& protocol);
  TokenizedRequest generation(const std::string& context, const GenerationOptions& options,
                              int repeats);

  std::size_t bytes_encoded() const { return encoder_.bytes_encoded(); }

 private:
  std::vector<std::int32_t> encode(const std::string& text, const std::string& token);
  void stop_at_spelled_eos(std::vector<std::string>& stops) const;
  std::int32_t prefix_token() const;
  std::string limit_text() const;  // behind a length that is too long
  TokenizedRequest windows(const std::vector<std::int32_t>& ids, std::optional<std::int32_t> prefix,
                           const std::vector<TextWindow>& cuts) const;

  const Tokenizer& tokenizer_;
  const TokenPolicy& policy_;
  RepeatingEncoder encoder_;
  // What a text may begin with instead of the tokens put before it, "" = nothing: as in
  // lm-evaluation-harness the prefix token where texts are scored, BOS where they are continued.
  std::string written_prefix_, written_bos_;
};

}  // namespace flm
