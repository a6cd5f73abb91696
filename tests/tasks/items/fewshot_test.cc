// Shots drawn against lm-evaluation-harness's own (make_fewshot_goldens.py).
#include "tasks/items/fewshot.h"

#include <gtest/gtest.h>

#include "base/documents/json.h"
#include "base/errors.h"

namespace flm {
namespace {

TEST(FewshotGolden, RowsOfEachDocument) {
  const Json cases = read_json_file(FLM_SOURCE_DIR "/tests/tasks/items/fewshot_golden.json");
  ASSERT_GT(cases.size(), 50u);
  for (const Json& one : cases) {
    const std::vector<Json> pool = one["pool"];
    FewshotSampler sampler({one["first_n"], one["same_split"], one["shots"], one["seed"]}, pool);
    for (std::size_t i = 0; i < one["draws"].size(); ++i) {
      if (one["draws"][i].is_null()) {
        EXPECT_THROW(sampler.draw(pool[i]), UserError) << one;
        break;
      }
      Json drawn = Json::array();
      for (const std::int64_t row : sampler.draw(pool[i]))
        drawn.push_back(pool[static_cast<std::size_t>(row)]);
      EXPECT_EQ(drawn, one["draws"][i]) << i << " of " << one;
    }
  }
}

}  // namespace
}  // namespace flm
