#include "harness/plan/packed_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace flm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PackedText, DocumentsShareWindowsAndEveryTokenIsScoredOnce) {
  // 0 | 1 2 3 0 | 4 0 | 5 6 7 8 9 0 in windows of 4 inputs: 0 1 2 3, 0 4 0 5, 6 7 8 9.
  const auto requests = packed_requests({{1, 2, 3}, {4}, {5, 6, 7, 8, 9}}, 0, 4);
  ASSERT_EQ(requests.size(), 3u);
  ASSERT_EQ(requests[0].size(), 1u);
  EXPECT_THAT(requests[0][0].tokens, ElementsAre(0, 1, 2, 3, 0));
  EXPECT_EQ(requests[0][0].first_scored, 1);
  ASSERT_EQ(requests[1].size(), 1u);
  EXPECT_THAT(requests[1][0].tokens, ElementsAre(0, 4, 0));
  EXPECT_EQ(requests[1][0].first_scored, 1);
  ASSERT_EQ(requests[2].size(), 2u);
  EXPECT_THAT(requests[2][0].tokens, ElementsAre(0, 4, 0, 5, 6));
  EXPECT_EQ(requests[2][0].first_scored, 3);
  EXPECT_THAT(requests[2][1].tokens, ElementsAre(6, 7, 8, 9, 0));
  EXPECT_EQ(requests[2][1].first_scored, 1);
}

TEST(PackedText, AnyCutScoresTheStreamOnceAndNoWindowIsTooLong) {
  std::vector<std::vector<std::int32_t>> documents;
  for (std::int32_t n : {5, 0, 1, 17, 3}) {
    documents.emplace_back(n);
    std::iota(documents.back().begin(), documents.back().end(), 10 * n + 1);
  }
  std::vector<std::int32_t> stream;
  for (const auto& document : documents) {
    stream.insert(stream.end(), document.begin(), document.end());
    stream.push_back(0);
  }
  for (int context = 1; context <= 40; ++context) {
    std::vector<std::int32_t> scored;
    for (const auto& requests : packed_requests(documents, 0, context)) {
      for (const ScoreRequest& request : requests) {
        EXPECT_LE(std::ssize(request.tokens), context + 1);
        ASSERT_GE(request.first_scored, 1);
        scored.insert(scored.end(), request.tokens.begin() + request.first_scored,
                      request.tokens.end());
      }
    }
    EXPECT_EQ(scored, stream) << context;
  }
  EXPECT_THAT(packed_requests({}, 0, 4), IsEmpty());
}

}  // namespace
}  // namespace flm
