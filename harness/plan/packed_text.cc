#include "harness/plan/packed_text.h"

#include <algorithm>

namespace flm {
namespace {

/// Targets [begin, end) of the stream, cut where windows end.
std::vector<ScoreRequest> requests_of(const std::vector<std::int32_t>& stream, std::int64_t begin,
                                      std::int64_t end, std::int64_t context) {
  std::vector<ScoreRequest> out;
  while (begin < end) {
    const std::int64_t window = (begin - 1) / context * context;  // of the input before a target
    const std::int64_t last = std::min(end, window + context + 1);
    ScoreRequest request;
    request.tokens.assign(stream.begin() + window, stream.begin() + last);
    request.first_scored = static_cast<std::int32_t>(begin - window);
    out.push_back(std::move(request));
    begin = last;
  }
  return out;
}

}  // namespace

std::vector<std::vector<ScoreRequest>> packed_requests(
    const std::vector<std::vector<std::int32_t>>& documents, std::int32_t separator, int context) {
  std::vector<std::int32_t> stream = {separator};
  std::vector<std::int64_t> begins;  // of the first target of each document, and behind the last
  for (const std::vector<std::int32_t>& document : documents) {
    begins.push_back(static_cast<std::int64_t>(stream.size()));
    stream.insert(stream.end(), document.begin(), document.end());
    stream.push_back(separator);
  }
  begins.push_back(static_cast<std::int64_t>(stream.size()));
  std::vector<std::vector<ScoreRequest>> out;
  for (std::size_t i = 0; i < documents.size(); ++i)
    out.push_back(requests_of(stream, begins[i], begins[i + 1], context));
  return out;
}

}  // namespace flm
