#include "engine/checkpoint/trainers/tiling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "base/errors.h"

namespace flm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// F32 0, 1, 2 ... in row-major order, behind a first number that is not part of it.
StoredTensor counted(const std::vector<std::int64_t>& shape, float from = 0) {
  StoredTensor out;
  out.name = "counted";
  out.dtype_name = "F32";
  out.dtype = DType::kF32;
  out.shape = shape;
  std::vector<float> values(static_cast<std::size_t>(out.elements()) + 1, -1);
  std::iota(values.begin() + 1, values.end(), from);
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  out.file = MappedFile::of_bytes(bytes, "memory");
  out.data = out.file->data() + sizeof(float);
  return out;
}

std::vector<float> elements(const StoredTensor& tensor, std::int64_t begin, std::int64_t count) {
  std::vector<float> out(static_cast<std::size_t>(count));
  copy_elements(tensor, begin, count, reinterpret_cast<std::byte*>(out.data()));
  return out;
}

std::vector<float> elements(const StoredTensor& tensor) {
  return elements(tensor, 0, tensor.elements());
}

TEST(Tiling, RowsAndColumnsOfRanksAreJoined) {
  const StoredTensor top = counted({1, 3}), bottom = counted({2, 3}, 10);
  const StoredTensor rows = joined({top, bottom}, 0);
  EXPECT_THAT(rows.shape, ElementsAre(3, 3));
  EXPECT_THAT(elements(rows), ElementsAre(0, 1, 2, 10, 11, 12, 13, 14, 15));
  const StoredTensor columns = joined({counted({2, 1}), counted({2, 2}, 10)}, 1);
  EXPECT_THAT(columns.shape, ElementsAre(2, 3));
  EXPECT_THAT(elements(columns), ElementsAre(0, 10, 11, 1, 12, 13));
  EXPECT_TRUE(covers_once(rows) && covers_once(columns));
}

TEST(Tiling, EveryRangeOfElementsIsThatOfTheWhole) {
  const StoredTensor grid = joined({joined({counted({2, 2}), counted({2, 3}, 10)}, 1),
                                    joined({counted({1, 4}, 20), counted({1, 1}, 30)}, 1)},
                                   0);
  const std::vector<float> all = elements(grid);
  ASSERT_THAT(all, ElementsAre(0, 1, 10, 11, 12, 2, 3, 13, 14, 15, 20, 21, 22, 23, 30));
  for (std::int64_t begin = 0; begin <= 15; ++begin)
    for (std::int64_t end = begin; end <= 15; ++end)
      EXPECT_EQ(elements(grid, begin, end - begin),
                std::vector<float>(all.begin() + begin, all.begin() + end))
          << begin << " to " << end;
}

TEST(Tiling, WhatIsCutOutOfJoinedPartsCrossesThem) {
  const StoredTensor rows = joined({counted({2, 2}), counted({3, 2}, 10)}, 0);
  EXPECT_THAT(elements(cut(rows, 0, 1, 4)), ElementsAre(2, 3, 10, 11, 12, 13));
  EXPECT_THAT(elements(cut(rows, 1, 1, 2)), ElementsAre(1, 3, 11, 13, 15));
  const StoredTensor odd = every(rows, 1, 2), even = every(rows, 0, 2);
  EXPECT_THAT(elements(odd), ElementsAre(2, 3, 12, 13));
  EXPECT_THAT(elements(even), ElementsAre(0, 1, 10, 11, 14, 15));
  EXPECT_TRUE(covers_once(odd) && covers_once(even));
}

TEST(Tiling, AStackedLayerIsTakenOutOfItsAxis) {
  const StoredTensor stack = joined({counted({1, 2, 2}), counted({2, 2, 2}, 10)}, 0);
  EXPECT_THAT(element_of(stack, 0).shape, ElementsAre(2, 2));
  EXPECT_THAT(elements(element_of(stack, 0)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(elements(element_of(stack, 2)), ElementsAre(14, 15, 16, 17));
}

TEST(Tiling, AFlatPartitionBecomesRowsWhereverItIsCut) {
  for (std::int64_t first = 0; first <= 12; ++first) {
    const StoredTensor flat = joined({counted({first}), counted({12 - first}, 100)}, 0);
    const StoredTensor rows = shaped(flat, {3, 4});
    EXPECT_EQ(elements(rows), elements(flat)) << first;
    EXPECT_TRUE(covers_once(rows)) << first;
    EXPECT_EQ(elements(cut(rows, 0, 1, 2)), elements(flat, 4, 4)) << first;
  }
}

TEST(Tiling, OnePieceIsReadWhereItLies) {
  const StoredTensor whole = counted({4, 3});
  EXPECT_TRUE(cut(whole, 0, 1, 3).in_place());
  EXPECT_FALSE(cut(whole, 1, 1, 3).in_place());
  EXPECT_TRUE(joined({whole}, 0).in_place());
}

TEST(Tiling, BoxesThatOverlapOrLeaveHolesAreTold) {
  StoredTensor grid = joined({counted({2, 2}), counted({2, 2}, 10)}, 1);
  EXPECT_TRUE(covers_once(grid));
  grid.tiles[1].begin = {0, 1};  // over the first, and a hole behind
  EXPECT_FALSE(covers_once(grid));
  grid.tiles.pop_back();
  EXPECT_FALSE(covers_once(grid));
}

TEST(Tiling, PartsThatDoNotFitAreAnError) {
  try {
    joined({counted({2, 2}), counted({2, 3})}, 0);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("[2, 2] and F32 [2, 3]"));
  }
  EXPECT_THROW(joined({counted({2})}, 1), UserError);
}

TEST(Tiling, SameBytesLookAtEveryElement) {
  const StoredTensor one = joined({counted({2, 2}), counted({2, 2}, 4)}, 0);
  EXPECT_TRUE(same_bytes(one, counted({4, 2})));
  EXPECT_FALSE(same_bytes(one, counted({4, 2}, 1)));
  EXPECT_FALSE(same_bytes(one, counted({2, 4})));
}

}  // namespace
}  // namespace flm
