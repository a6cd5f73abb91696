// Which rows of the few-shot pool a document gets.
#pragma once

#include <cstdint>
#include <vector>

#include "base/documents/json.h"
#include "base/numbers/cpython_random.h"

namespace flm {

struct FewshotRule {
  bool first_n = false;
  bool same_split = false;  // pool and evaluated documents are one split (both unset counts):
                            // exclude the document
  int shots = 0;
  std::int64_t seed = 1234;
};

/// One stream a task, one draw a document, in document order (lm_eval/api/samplers.py).
class FewshotSampler {
 public:
  FewshotSampler(const FewshotRule& rule, const std::vector<Json>& pool);
  /// Row numbers for the next document. UserError where the pool is too small.
  std::vector<std::int64_t> draw(const Json& document);

 private:
  std::vector<std::int64_t> first_rows(const Json& document) const;
  std::vector<std::int64_t> random_rows(const Json& document);

  FewshotRule rule_;
  const std::vector<Json>& pool_;
  PythonRandom random_;
};

}  // namespace flm
