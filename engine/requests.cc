#include "engine/requests.h"

#include <cmath>
#include <sstream>
#include <string>

#include "base/errors.h"
#include "engine/generation/kv_pages.h"
#include "engine/generation/sequence.h"

namespace flm {
namespace {

[[noreturn]] void refuse(std::size_t index, const std::string& why) {
  throw UserError("request " + std::to_string(index) + ": " + why);
}

void check_ids(std::span<const std::int32_t> ids, std::size_t index, const EngineInfo& info) {
  for (std::int32_t id : ids)
    if (id < 0 || id >= info.vocab_rows)
      refuse(index, "token id " + std::to_string(id) +
                        " is outside the model's vocabulary; ids are 0 to " +
                        std::to_string(info.vocab_rows - 1));
}

void check_length(std::size_t inputs, std::size_t index, const EngineInfo& info) {
  if (inputs > static_cast<std::size_t>(info.max_length))
    refuse(index, std::to_string(inputs) + " input tokens are more than the context limit " +
                      std::to_string(info.max_length) +
                      "; shorten the request or raise --max-length");
}

template <typename Value>
void require(bool good, std::size_t index, const char* what, const Value& value,
             const char* remedy) {
  if (good) return;
  std::ostringstream line;
  line << "generation request " << index << ": " << what << " is " << value << "; " << remedy;
  throw UserError(line.str());
}

void check_sampling(std::size_t index, const Sampling& sampling) {
  require(std::isfinite(sampling.temperature) && sampling.temperature >= 0, index, "temperature",
          sampling.temperature, "give 0 (greedy) or more");
  require(sampling.top_k >= 0, index, "top_k", sampling.top_k, "give 0 (off) or more");
  require(sampling.top_p > 0 && sampling.top_p <= 1, index, "top_p", sampling.top_p,
          "give a number above 0 and at most 1 (off)");
  require(std::isfinite(sampling.repetition_penalty) && sampling.repetition_penalty > 0, index,
          "repetition_penalty", sampling.repetition_penalty, "give a number above 0; 1 is off");
}

/// Answers that were cut by their limit, and whole.
void check_begun(std::size_t index, const GenerateResult& begun) {
  if (begun.tokens.empty()) return;
  require(begun.error.empty(), index, "the error of the answer begun", begun.error,
          "generate it anew");
  require(begun.finish_reason == "length", index, "the finish reason of the answer begun",
          '"' + begun.finish_reason + '"',
          "only one that was cut by its limit (\"length\") goes on; take it as it is");
  require(begun.logprobs.size() == begun.tokens.size(), index,
          "the number of log-probabilities of the answer begun", begun.logprobs.size(),
          "give one for each of its tokens or generate it anew");
}

void check_generation(std::size_t index, const GenerateRequest& request,
                      const GeneratorLimits& limits) {
  require(!request.prompt.empty(), index, "the number of prompt tokens", 0,
          "give at least one token");
  require(request.max_new_tokens >= 1, index, "max_new_tokens", request.max_new_tokens,
          "give 1 or more");
  check_sampling(index, request.sampling);
  check_begun(index, request.begun);
  for (const std::string& stop : request.stop) {
    require(!stop.empty(), index, "a stop string", "\"\"", "give it text or leave it out");
  }
  if (request.prompt.size() + 1 > static_cast<std::size_t>(limits.max_length)) {
    throw UserError("generation request " + std::to_string(index) + ": the prompt has " +
                    std::to_string(request.prompt.size()) +
                    " tokens, which leaves no room for output in a context of " +
                    std::to_string(limits.max_length) +
                    "; shorten the prompt or raise --max-length where the model allows it");
  }
  const std::int32_t positions = positions_needed(request, limits.max_length);
  if (KvPages::pages_for(positions) > limits.kv_slots / KvPages::kPageSlots) {
    throw UserError(
        "generation request " + std::to_string(index) + ": its K/V cache needs " +
        std::to_string(std::int64_t{KvPages::pages_for(positions)} * KvPages::kPageSlots) +
        " slots and memory was planned for " + std::to_string(limits.kv_slots) +
        "; raise --memory or lower --max-new-tokens");
  }
}

}  // namespace

void check_requests(std::span<const ScoreRequest> requests, const EngineInfo& info) {
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const ScoreRequest& request = requests[i];
    if (request.tokens.empty()) refuse(i, "no tokens; give at least one id");
    check_ids(request.tokens, i, info);
    check_length(request.tokens.size() - 1, i, info);
    if (request.first_scored < 1 ||
        static_cast<std::size_t>(request.first_scored) > request.tokens.size())
      refuse(i, "first scored position " + std::to_string(request.first_scored) + "; use 1 to " +
                    std::to_string(request.tokens.size()));
    if (request.top_k < 0 || request.top_k > info.vocab_rows)
      refuse(i, "top k of " + std::to_string(request.top_k) + "; use 0 to " +
                    std::to_string(info.vocab_rows));
  }
}

void check_requests(std::span<const GenerateRequest> requests, const EngineInfo& info) {
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].prompt.empty()) refuse(i, "no tokens; give at least one id");
    check_ids(requests[i].prompt, i, info);
    check_ids(requests[i].begun.tokens, i, info);
  }
}

void check_requests(std::span<const GenerateRequest> requests, const GeneratorLimits& limits) {
  for (std::size_t i = 0; i < requests.size(); ++i) check_generation(i, requests[i], limits);
}

}  // namespace flm
