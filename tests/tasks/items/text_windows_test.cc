// Windows every so many inputs, by hand: ten ids, windows of four inputs, a stride of two.
#include <gtest/gtest.h>

#include <array>

#include "tasks/task.h"

namespace flm {
namespace {

using Window = std::array<std::int64_t, 4>;  // inputs begin, end; scored ids begin, end

std::vector<Window> strides(std::int64_t tokens, int context, int stride, bool has_prefix) {
  std::vector<Window> out;
  for (const TextWindow& one : stride_windows(tokens, context, stride, has_prefix))
    out.push_back({one.input_begin, one.input_end, one.score_begin, one.score_end});
  return out;
}

/// x = [prefix] + ids: x[i] predicts ids[i].
TEST(StrideWindows, BehindAPrefixScoreEveryId) {
  EXPECT_EQ(strides(10, 4, 2, true),
            (std::vector<Window>{{0, 4, 0, 4}, {2, 6, 4, 6}, {4, 8, 6, 8}, {6, 10, 8, 10}}));
  EXPECT_EQ(strides(1, 4, 2, true), (std::vector<Window>{{0, 1, 0, 1}}));
}

/// x = ids: the first id is not scored, and the last is no input.
TEST(StrideWindows, WithoutAPrefixLeaveOutTheFirstId) {
  EXPECT_EQ(strides(10, 4, 2, false),
            (std::vector<Window>{{0, 4, 1, 5}, {2, 6, 5, 7}, {4, 8, 7, 9}, {6, 9, 9, 10}}));
  EXPECT_EQ(strides(1, 4, 2, false), std::vector<Window>{});
  EXPECT_EQ(strides(0, 4, 2, false), std::vector<Window>{});
}

}  // namespace
}  // namespace flm
