#include "harness/requests/over_long.h"

#include <algorithm>

namespace flm {

std::optional<std::int64_t> cut_left(ScoreRequest& request, int max_length) {
  const std::int64_t inputs = std::ssize(request.tokens) - 1;  // the last one is no input
  const std::int64_t cut = std::max<std::int64_t>(0, inputs - max_length);
  if (cut >= request.first_scored) return std::nullopt;
  request.tokens.erase(request.tokens.begin(), request.tokens.begin() + cut);
  request.first_scored -= static_cast<std::int32_t>(cut);
  return cut;
}

std::optional<std::int64_t> cut_left(GenerateRequest& request, int max_length) {
  const std::int64_t room = std::int64_t{max_length} - request.max_new_tokens;
  const std::int64_t cut = std::max<std::int64_t>(0, std::ssize(request.prompt) - room);
  if (cut > 0 && room < 1) return std::nullopt;
  request.prompt.erase(request.prompt.begin(), request.prompt.begin() + cut);
  return cut;
}

}  // namespace flm
