// Windows of a text for bits per byte.
#include <algorithm>

#include "base/errors.h"
#include "tasks/task.h"

namespace flm {

/// Window 1 has inputs x[0, M) and scores the first M ids; each later full window starts with the
/// id before its own; the last, shorter one is filled up to M inputs with earlier ids.
std::vector<TextWindow> rolling_windows(std::int64_t tokens, int max_length) {
  FLM_CHECK(max_length >= 1, "a window of no inputs");
  std::vector<TextWindow> windows;
  for (std::int64_t scored = 0; scored < tokens;) {
    const std::int64_t end = std::min<std::int64_t>(scored + max_length, tokens);
    const std::int64_t begin = scored == 0 ? 0 : std::max<std::int64_t>(0, end - max_length);
    // Inputs of a full window are x[begin, end): x is one longer than ids, so x[end - 1] predicts
    // ids[end - 1].
    windows.push_back({begin, end, scored, end});
    scored = end;
  }
  return windows;
}

std::vector<TextWindow> stride_windows(std::int64_t tokens, int context, int stride,
                                       bool has_prefix) {
  FLM_CHECK(stride >= 1 && stride <= context, "a stride outside 1 .. context");
  const std::int64_t inputs = has_prefix ? tokens : tokens - 1;  // the last id is only a target
  const std::int64_t shift = has_prefix ? 0 : 1;                 // x[i] predicts ids[i + shift]
  std::vector<TextWindow> windows;
  std::int64_t scored = shift;
  for (std::int64_t begin = 0; scored < tokens; begin += stride) {
    const std::int64_t end = std::min<std::int64_t>(begin + context, inputs);
    windows.push_back({begin, end, scored, end + shift});
    scored = end + shift;
  }
  return windows;
}

}  // namespace flm
