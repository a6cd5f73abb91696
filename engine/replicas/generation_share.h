// How much of a generation is done, in model inputs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/engine.h"

namespace flm {

/// Counts every request with all the tokens that it may generate until it has ended: then what it
/// lacked of these is no work any more, and the total is smaller. Refers to the requests.
class GenerationShare {
 public:
  explicit GenerationShare(std::span<const GenerateRequest> requests) : requests_(requests) {
    for (const GenerateRequest& request : requests) total_ += most(request);
  }

  void finished(std::size_t index, const GenerateResult& result) {
    const GenerateRequest& request = requests_[index];
    const std::int64_t really = inputs(request) + static_cast<std::int64_t>(result.tokens.size());
    total_ -= std::max<std::int64_t>(0, most(request) - really);
    finished_ += std::min(really, most(request));
  }

  /// `computed`: rows so far, where they are known before requests end.
  std::int64_t done(std::int64_t computed) const {
    return std::clamp(std::max(computed, finished_), std::int64_t{0}, total_);
  }
  std::int64_t total() const { return total_; }

 private:
  static std::int64_t inputs(const GenerateRequest& request) {
    return static_cast<std::int64_t>(request.prompt.size());
  }
  static std::int64_t most(const GenerateRequest& request) {
    return inputs(request) + request.max_new_tokens;
  }

  std::span<const GenerateRequest> requests_;
  std::int64_t total_ = 0, finished_ = 0;
};

}  // namespace flm
