#include "engine/generation/request_check.h"

#include <cmath>
#include <sstream>
#include <string>

#include "base/errors.h"
#include "engine/generation/kv_pages.h"
#include "engine/generation/sequence.h"

namespace flm {
namespace {

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

}  // namespace

void check_generate_request(std::size_t index, const GenerateRequest& request,
                            const GeneratorLimits& limits) {
  require(!request.prompt.empty(), index, "the number of prompt tokens", 0,
          "give at least one token");
  require(request.max_new_tokens >= 1, index, "max_new_tokens", request.max_new_tokens,
          "give 1 or more");
  check_sampling(index, request.sampling);
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
  if (KvCache::pages_for(positions) > limits.kv_slots / KvCache::kPageSlots) {
    throw UserError("generation request " + std::to_string(index) + ": its K/V cache needs " +
                    std::to_string(KvCache::pages_for(positions) * KvCache::kPageSlots) +
                    " slots and memory was planned for " + std::to_string(limits.kv_slots) +
                    "; raise --memory or lower --max-new-tokens");
  }
}

}  // namespace flm
