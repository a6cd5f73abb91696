#include "engine/backend/batch.h"

#include <gtest/gtest.h>

namespace flm {
namespace {

/// Four sequences of 15 positions, each as {first slot, first position, length} of its segments.
TEST(PackedBatch, SlotsAreSharedAsFarAsTwoPathsGoTogether) {
  PackedBatch batch;
  batch.segments = {{0, 0, 10}, {20, 10, 5},               // row 0
                    {0, 0, 6},  {6, 6, 4},   {30, 10, 5},  // row 1: the same ten slots, cut in two
                    {0, 0, 5},  {50, 5, 10},               // row 2: five of them
                    {40, 0, 15}};                          // row 3: none
  batch.path_begin = {0, 2, 5, 7};
  batch.path_count = {2, 3, 2, 1};
  const auto shared = [&](std::int32_t a, std::int32_t b, std::int32_t most) {
    EXPECT_EQ(shared_slots(batch, a, b, most), shared_slots(batch, b, a, most));
    return shared_slots(batch, a, b, most);
  };
  EXPECT_EQ(shared(0, 1, 15), 10);
  EXPECT_EQ(shared(0, 1, 8), 8) << "no more than both see";
  EXPECT_EQ(shared(0, 2, 15), 5);
  EXPECT_EQ(shared(1, 2, 15), 5);
  EXPECT_EQ(shared(0, 3, 15), 0);
  EXPECT_EQ(shared(0, 0, 15), 15);
  EXPECT_EQ(shared(0, 1, 0), 0);
}

}  // namespace
}  // namespace flm
