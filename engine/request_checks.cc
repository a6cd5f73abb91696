#include "engine/request_checks.h"

#include <string>

#include "base/errors.h"

namespace flm {
namespace {

[[noreturn]] void refuse(std::size_t index, const std::string& why) {
  throw UserError("request " + std::to_string(index) + ": " + why);
}

void check_ids(std::span<const std::int32_t> ids, std::size_t index, const EngineInfo& info) {
  if (ids.empty()) refuse(index, "no tokens; give at least one id");
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

}  // namespace

void check_requests(std::span<const ScoreRequest> requests, const EngineInfo& info) {
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const ScoreRequest& request = requests[i];
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
  for (std::size_t i = 0; i < requests.size(); ++i) check_ids(requests[i].prompt, i, info);
}

}  // namespace flm
