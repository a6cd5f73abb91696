// Products of a warpgroup in the emulation: matrices lie as the PTX ISA says, and what a kernel
// must not do while a product is under way is found.
#include <device.h>
#include <gmock/gmock.h>
#include <warpgroup.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "engine/cuda/attention/warpgroup_tile.h"

namespace flm::test {
namespace {

using emulation::Order;
using testing::HasSubstr;

constexpr int kGroupThreads = 128;

std::string fault_of(const std::function<void()>& body, int threads = kGroupThreads) {
  try {
    emulation::run_grid(dim3(1), threads, 64 * 1024, body);
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "";
}

/// Whole numbers: every order of the sums is exact.
int number(int row, int column) { return (row * 7 + column * 3) % 13 - 6; }

/// [64, D] in shared memory, each chunk of 16 bytes by some thread.
template <int D>
struct ProductTiles {
  using Tile = cuda::WarpgroupTile<D>;
  alignas(1024) bf16 a[Tile::kElements];
  bf16 b[Tile::kElements];

  static void fill(bf16* tile, int shift) {
    for (int i = static_cast<int>(threadIdx.x); i < Tile::kElements / 4; i += kGroupThreads) {
      const int row = 4 * i / D, column = 4 * i % D;
      const auto at = [&](int c) { return static_cast<float>(number(row + shift, column + c)); };
      store4_shared(tile + Tile::place(row, column), {at(0), at(1), at(2), at(3)});
    }
  }
  void fill() {
    fill(a, 0);
    fill(b, 5);
    show_stores_to_products();
    __syncthreads();
  }
};
int row_of(int i) {
  const int thread = static_cast<int>(threadIdx.x);
  return thread / 32 * 16 + thread % 32 / 4 + 8 * (i / 2);
}
int column_of(int j, int i) { return 8 * j + static_cast<int>(threadIdx.x) % 4 * 2 + i % 2; }

/// a * b^T, then its first 16 columns, as they are, times the first 16 rows of b.
template <int D>
void expect_whole_numbers() {
  using Tile = cuda::WarpgroupTile<D>;
  const std::string fault = fault_of([] {
    auto& tiles = *shared_memory<ProductTiles<D>>();
    tiles.fill();
    const std::uint64_t a = Tile::descriptor(tiles.a), b = Tile::descriptor(tiles.b);
    float scores[8][4], output[D / 8][4] = {};
    begin_products(scores);
    warpgroup_mma_first(scores, a, b);
    for (int k = 16; k < D; k += 16)
      warpgroup_mma(scores, Tile::columns_from(a, k), Tile::columns_from(b, k));
    commit_products();
    await_products<0>(scores);
    for (int j = 0; j < 8; ++j)
      for (int i = 0; i < 4; ++i) {
        int sum = 0;
        for (int k = 0; k < D; ++k) sum += number(row_of(i), k) * number(column_of(j, i) + 5, k);
        ASSERT_EQ(scores[j][i], static_cast<float>(sum)) << D;
      }
    std::uint32_t left[4];
    for (int i = 0; i < 4; ++i) {
      const int row = row_of(i % 2 * 2), column = column_of(0, 0) + i / 2 * 8;
      left[i] = pack_bf16(static_cast<float>(number(row, column)),
                          static_cast<float>(number(row, column + 1)));
    }
    begin_products(output);
    warpgroup_mma(output, left, Tile::rows_from(b, 16));
    commit_products();
    await_products<0>(output);
    for (int j = 0; j < D / 8; ++j)
      for (int i = 0; i < 4; ++i) {
        int sum = 0;
        for (int k = 0; k < 16; ++k)
          sum += number(row_of(i), k) * number(16 + k + 5, column_of(j, i));
        ASSERT_EQ(output[j][i], static_cast<float>(sum)) << D << " transposed";
      }
  });
  EXPECT_EQ(fault, "") << D;
}

TEST(AsyncProducts, OfSwizzledTilesAreExact) {
  expect_whole_numbers<64>();
  expect_whole_numbers<80>();
  expect_whole_numbers<96>();
  expect_whole_numbers<128>();
}

/// Worked out by hand from the ISA's figures of the swizzles: chunks of 16 bytes, row by row.
TEST(AsyncProducts, MatricesLieAsTheIsaSays) {
  EXPECT_EQ(fault_of(
                [] {
                  const auto* shared = reinterpret_cast<const std::byte*>(shared_memory<char>());
                  const auto at = [&](Swizzle swizzle, int row, int column, bool transposed) {
                    const std::uint64_t matrix =
                        matrix_descriptor(shared + 2048, 4096, 1024, swizzle);
                    return emulation::matrix_place(matrix, row, column, transposed) - shared - 2048;
                  };
                  EXPECT_EQ(at(Swizzle::kNone, 3, 1, false), 3 * 16 + 2);
                  EXPECT_EQ(at(Swizzle::kNone, 11, 9, false), 1024 + 3 * 16 + 4096 + 2);
                  EXPECT_EQ(at(Swizzle::kNone, 11, 9, true), 1024 + 1 * 16 + 4096 + 3 * 2);
                  EXPECT_EQ(at(Swizzle::k128, 3, 9, false), 3 * 128 + (1 ^ 3) * 16 + 2);
                  EXPECT_EQ(at(Swizzle::k128, 11, 9, false), 1024 + 3 * 128 + (1 ^ 3) * 16 + 2);
                  EXPECT_EQ(at(Swizzle::k128, 45, 3, true), 3 * 128 + (5 ^ 3) * 16 + 5 * 2);
                  EXPECT_EQ(at(Swizzle::k128, 64, 9, true), 4096 + 1024 + 1 * 128 + (0 ^ 1) * 16);
                  EXPECT_EQ(at(Swizzle::k64, 3, 9, false), 3 * 64 + (1 ^ 1) * 16 + 2);
                  EXPECT_EQ(at(Swizzle::k64, 40, 6, true), 4096 + 6 * 64 + (1 ^ 3) * 16);
                  EXPECT_EQ(at(Swizzle::k32, 5, 9, false), 5 * 32 + (1 ^ 1) * 16 + 2);
                  EXPECT_EQ(at(Swizzle::k32, 17, 3, true), 4096 + 3 * 32 + 2);
                },
                32),
            "");
}

/// One product of the first 16 columns of both tiles, with what is done around it.
struct ProductSteps {
  bool show = true, meet = true, fence = true, commit = true, await = true;
  std::function<void(ProductTiles<64>&, float (&)[8][4])> meanwhile = [](auto&, auto&) {};
};
std::string fault_of(const ProductSteps& steps, Order order = Order::kAscending) {
  using Tile = cuda::WarpgroupTile<64>;
  emulation::set_order(order);
  const std::string fault = fault_of([&] {
    auto& tiles = *shared_memory<ProductTiles<64>>();
    ProductTiles<64>::fill(tiles.a, 0);
    ProductTiles<64>::fill(tiles.b, 5);
    if (steps.show) show_stores_to_products();
    if (steps.meet) __syncthreads();
    float sums[8][4] = {};
    if (steps.fence) begin_products(sums);
    warpgroup_mma(sums, Tile::descriptor(tiles.a), Tile::descriptor(tiles.b));
    if (steps.commit) commit_products();
    steps.meanwhile(tiles, sums);
    if (steps.await) await_products<0>(sums);
  });
  emulation::set_order(Order::kAscending);
  return fault;
}

TEST(AsyncProducts, RightStepsHaveNoFault) {
  for (const Order order : {Order::kAscending, Order::kDescending, Order::kShuffled})
    EXPECT_EQ(fault_of(ProductSteps{}, order), "");
}

TEST(AsyncProducts, StoresThatWereNotShownAreFound) {
  ProductSteps steps;
  steps.show = false;
  EXPECT_THAT(fault_of(steps), HasSubstr("stored and not shown"));
}

TEST(AsyncProducts, AMissingBarrierIsFound) {
  ProductSteps steps;
  steps.meet = false;
  for (const Order order : {Order::kAscending, Order::kDescending, Order::kShuffled})
    EXPECT_THAT(fault_of(steps, order), HasSubstr("another warp has shown since the last barrier"));
}

TEST(AsyncProducts, AMissingFenceOfRegistersIsFound) {
  ProductSteps steps;
  steps.fence = false;
  EXPECT_THAT(fault_of(steps), HasSubstr("registers that were written since the last fence"));
}

TEST(AsyncProducts, ProductsThatNobodyAwaitsAreFound) {
  ProductSteps steps;
  steps.await = false;
  EXPECT_THAT(fault_of(steps), HasSubstr("ended with products under way"));
  steps.commit = false;
  EXPECT_THAT(fault_of(steps), HasSubstr("ended with products under way"));
  steps.await = true;  // what no group holds is not awaited
  EXPECT_THAT(fault_of(steps), HasSubstr("still under way"));
}

TEST(AsyncProducts, SumsAreNoNumbersUntilTheyAreAwaited) {
  float before = 0, after = 0;
  ProductSteps steps;
  steps.meanwhile = [&](auto&, auto& sums) { before = sums[0][0]; };
  EXPECT_EQ(fault_of(steps), "");
  EXPECT_TRUE(std::isnan(before));
  steps.meanwhile = [&](auto&, auto& sums) {
    await_products<0>(sums);
    after = sums[0][0];
  };
  EXPECT_EQ(fault_of(steps), "");
  EXPECT_FALSE(std::isnan(after));
}

TEST(AsyncProducts, SumsThatAreWrittenMeanwhileAreFound) {
  ProductSteps steps;
  steps.meanwhile = [](auto&, auto& sums) { sums[3][1] *= 2.0f; };
  EXPECT_THAT(fault_of(steps), HasSubstr("sums were written while"));
  steps.meanwhile = [](auto&, auto& sums) { sums[3][1] = 1; };
  EXPECT_THAT(fault_of(steps), HasSubstr("sums were written while"));
}

TEST(AsyncProducts, SharedMemoryThatIsWrittenMeanwhileIsFound) {
  const auto write = [](auto& tiles, auto&) {
    if (threadIdx.x == 127) tiles.b[3] = to_bf16(99);
  };
  alignas(16) static const bf16 source[8] = {};
  const auto copy = [](auto& tiles, auto&) {
    if (threadIdx.x == 0) copy_async_16(tiles.a, source, true);
  };
  ProductSteps steps;
  for (const auto& meanwhile : {ProductSteps{.meanwhile = write}, ProductSteps{.meanwhile = copy}})
    EXPECT_THAT(fault_of(meanwhile), HasSubstr("written while a product read it"));
}

/// The first warp goes on to write what the others' products still read.
TEST(AsyncProducts, AMissingBarrierBehindProductsIsFound) {
  for (const Order order : {Order::kAscending, Order::kDescending, Order::kShuffled}) {
    ProductSteps steps;
    steps.meanwhile = [](auto& tiles, auto& sums) {
      await_products<0>(sums);
      ProductTiles<64>::fill(tiles.b, 6);
    };
    EXPECT_THAT(fault_of(steps, order),
                HasSubstr("since the last barrier another warp's product read it"));
  }
}

/// Of two groups the first may be taken while the second is under way, which is not.
TEST(AsyncProducts, GroupsEndInTheirOrder) {
  using Tile = cuda::WarpgroupTile<64>;
  for (const bool second : {false, true}) {
    const std::string fault = fault_of([&] {
      auto& tiles = *shared_memory<ProductTiles<64>>();
      tiles.fill();
      float first_sums[8][4] = {}, second_sums[8][4] = {};
      begin_products(first_sums, second_sums);
      for (auto* sums : {&first_sums, &second_sums}) {
        warpgroup_mma(*sums, Tile::descriptor(tiles.a), Tile::descriptor(tiles.b));
        commit_products();
      }
      await_products<1>(second ? second_sums : first_sums);
      EXPECT_FALSE(std::isnan(first_sums[0][0]));
      await_products<0>(second_sums);
      EXPECT_EQ(first_sums[0][0], second_sums[0][0]);
    });
    if (second)
      EXPECT_THAT(fault, HasSubstr("still under way"));
    else
      EXPECT_EQ(fault, "");
  }
}

TEST(AsyncProducts, WarpsThatDoNotCallTogetherAreFound) {
  ProductSteps steps;
  steps.meanwhile = [](auto& tiles, auto& sums) {
    using Tile = cuda::WarpgroupTile<64>;
    if (threadIdx.x >= 32) return;
    warpgroup_mma(sums, Tile::descriptor(tiles.a), Tile::descriptor(tiles.b));
    commit_products();
  };
  EXPECT_THAT(fault_of(steps), HasSubstr("warps of a warpgroup made different products"));
  EXPECT_THAT(fault_of([] { begin_products(); }, 96), HasSubstr("in a block of 96 threads"));
}

TEST(AsyncProducts, MatricesThatDoNotBeginWhereTheyMustAreFound) {
  EXPECT_THAT(fault_of([] {
                (void)matrix_descriptor(shared_memory<char>() + 512, 16, 1024, Swizzle::k128);
              }),
              HasSubstr("no multiple of eight rows"));
  EXPECT_THAT(fault_of([] { (void)matrix_descriptor(shared_memory<char>() + 8, 16, 128); }),
              HasSubstr("no multiple of 16"));
}

}  // namespace
}  // namespace flm::test
