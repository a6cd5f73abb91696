// Rows of several paths under one header: each as if it were alone, and the header read once.
#include "engine/cpu/attention.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/kv_layout.h"
#include "engine/cpu/packed_matrix.h"
#include "tests/engine/cpu/each_isa.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

constexpr std::int64_t kSlots = 64 * 64;

struct Shape {
  int heads = 0, kv_heads = 0, head_dim = 0;
  std::int64_t queries() const { return std::int64_t{heads} * head_dim; }
  std::int64_t width() const { return std::int64_t{kv_heads} * head_dim; }
};

/// Rows at positions[i], all under the slots 0 .. header - 1, the rest in pages of their own.
PackedBatch rows_under_a_header(std::int32_t header, const std::vector<std::int32_t>& positions) {
  PackedBatch batch;
  std::int32_t next = (header + 63) / 64 * 64;
  for (const std::int32_t position : positions) {
    const std::int32_t own = position + 1 - header;
    batch.ids.push_back(0);
    batch.positions.push_back(position);
    batch.slots.push_back(own > 0 ? next + own - 1 : position);
    batch.path_begin.push_back(static_cast<std::int32_t>(batch.segments.size()));
    batch.path_count.push_back(own > 0 ? 2 : 1);
    batch.segments.push_back({0, 0, own > 0 ? header : position + 1});
    if (own <= 0) continue;
    batch.segments.push_back({next, header, own});
    next += (own + 63) / 64 * 64;
  }
  return batch;
}

PackedBatch row_alone(const PackedBatch& batch, std::int32_t row) {
  PackedBatch alone = batch;
  const auto r = static_cast<std::size_t>(row);
  alone.ids = {batch.ids[r]};
  alone.positions = {batch.positions[r]};
  alone.slots = {batch.slots[r]};
  alone.path_begin = {batch.path_begin[r]};
  alone.path_count = {batch.path_count[r]};
  return alone;
}

/// Keys and values of all slots, row by row or as the backend stores them.
struct Memory {
  /// The values of slot `broken` are not numbers.
  Memory(const Backend& backend, const Shape& shape, bool stored, std::int64_t broken = -1)
      : keys(random_values(kSlots * shape.width(), 1)),
        values(random_values(kSlots * shape.width(), 2)),
        args{nullptr,     shape.queries(), keys.data(),    values.data(), shape.width(),
             shape.heads, shape.kv_heads,  shape.head_dim, 0.3f} {
    if (broken >= 0) std::fill_n(values.begin() + broken * shape.width(), shape.width(), NAN);
    if (!stored) return;
    PackedBatch all;
    all.ids.resize(kSlots);
    for (std::int32_t slot = 0; slot < kSlots; ++slot) all.slots.push_back(slot);
    stored_keys = backend.allocate(kSlots * shape.width() * backend.kv_element_bytes());
    stored_values = backend.allocate(kSlots * shape.width() * backend.kv_element_bytes());
    backend.store_kv(all, keys.data(), values.data(), shape.width(), shape.width(),
                     stored_keys.get(), stored_values.get());
    args.take_slots(stored_keys.get(), stored_values.get());
  }
  std::vector<float> keys, values;
  Buffer stored_keys, stored_values;
  AttentionArgs args;
};

/// The rows' results one by one: of the batch, each [queries].
std::vector<float> attended_rows(const Backend& backend, const PackedBatch& batch,
                                 AttentionArgs args, std::vector<float> queries) {
  args.queries = queries.data();
  backend.attention(batch, args);
  return queries;
}

/// Each row's bits are those of the row alone; returns those of all.
std::vector<float> expect_rows_as_if_alone(const Backend& backend, const PackedBatch& batch,
                                           const AttentionArgs& args, const Shape& shape) {
  const std::vector<float> queries = random_values(batch.rows() * shape.queries(), 3),
                           together = attended_rows(backend, batch, args, queries);
  const auto row_of = [&](const std::vector<float>& rows, std::int64_t row) {
    const auto begin = rows.begin() + row * shape.queries();
    return std::vector<float>(begin, begin + shape.queries());
  };
  for (std::int32_t row = 0; row < batch.rows(); ++row)
    EXPECT_EQ(attended_rows(backend, row_alone(batch, row), args, row_of(queries, row)),
              row_of(together, row))
        << backend.isa() << " row " << row << (args.stored ? " stored" : "");
  return together;
}

/// Backends of every instruction set and kind of operands.
std::vector<std::unique_ptr<Backend>> every_backend() {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const std::string& isa : available_isas())
    for (const bool bf16 : {false, true}) backends.push_back(make_cpu_backend(1, isa, bf16));
  return backends;
}

/// Stored keys and values give what those give that lie row by row. Of 7 columns a head pairs of
/// bf16 lie across heads, and the last one is alone.
TEST(SharedTiles, ARowsBitsAreThoseOfTheRowAlone) {
  const std::vector<std::int32_t> positions = {200, 131, 128, 127, 300, 299,
                                               64,  100, 150, 151, 129};
  for (const auto& backend : every_backend())
    for (const Shape& shape : {Shape{4, 4, 16}, Shape{6, 2, 32}, Shape{4, 2, 24}, Shape{3, 3, 7}})
      for (const std::int32_t header : {64, 128}) {
        const PackedBatch batch = rows_under_a_header(header, positions);
        const Memory rows(*backend, shape, false), stored(*backend, shape, true);
        EXPECT_EQ(expect_rows_as_if_alone(*backend, batch, rows.args, shape),
                  expect_rows_as_if_alone(*backend, batch, stored.args, shape));
      }
}

/// `count` rows of one path that follow each other, from position `first` on, slots 0, 1, 2 ...
PackedBatch rows_of_a_path(std::int32_t first, std::int32_t count) {
  PackedBatch batch;
  batch.segments = {{0, 0, first + count}};
  for (std::int32_t p = first; p < first + count; ++p) {
    batch.ids.push_back(0);
    batch.positions.push_back(p);
    batch.slots.push_back(p);
    batch.path_begin.push_back(0);
    batch.path_count.push_back(1);
  }
  return batch;
}

/// One query of one head against keys and values of its window that lie row by row, in double; and
/// what a relative error of each weight by one adds up to.
struct Attended {
  std::vector<double> values, sizes;
};
Attended attended(const float* query, const AttentionArgs& args, std::int32_t position,
                  float (*operand)(float)) {
  const std::int32_t first = args.window > 0 ? std::max(0, position - args.window + 1) : 0;
  const auto d = static_cast<std::size_t>(args.head_dim);
  Attended sums{std::vector<double>(d), std::vector<double>(d)};
  double all = 0;
  for (std::int32_t key = first; key <= position; ++key) {
    double score = 0;
    for (std::size_t i = 0; i < d; ++i)
      score += static_cast<double>(operand(query[i])) *
               operand(args.keys[key * args.kv_stride + static_cast<std::int64_t>(i)]);
    score *= args.scale;
    if (args.score_cap > 0) score = args.score_cap * std::tanh(score / args.score_cap);
    const double weight = std::exp(score);
    all += weight;
    for (std::size_t i = 0; i < d; ++i) {
      const double term =
          weight * operand(args.values[key * args.kv_stride + static_cast<std::int64_t>(i)]);
      sums.values[i] += term;
      sums.sizes[i] += std::abs(term);
    }
  }
  for (std::size_t i = 0; i < d; ++i) {
    sums.values[i] /= all;
    sums.sizes[i] /= all;
  }
  return sums;
}

float as_it_is(float x) { return x; }
float rounded(float x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(round_to_bf16(x)) << 16);
}

/// In bf16 a weight is rounded by 2^-9 of it at most, and nothing else but the operands is.
TEST(Windows, ARowSeesTheLastPositionsOfItsPathAndNoOther) {
  const PackedBatch batch = rows_of_a_path(40, 210);
  for (const Shape& shape : {Shape{2, 1, 16}, Shape{1, 1, 7}}) {
    const std::vector<float> queries = random_values(batch.rows() * shape.queries(), 3);
    for (const std::string& isa : available_isas())
      for (const bool bf16 : {false, true})
        for (const int window : {0, 1, 20, 64, 65, 130, 1000})
          for (const float cap : {0.0f, 0.7f}) {
            const auto backend = make_cpu_backend(1, isa, bf16);
            Memory memory(*backend, shape, false);
            memory.args.window = window;
            memory.args.score_cap = cap;
            const std::vector<float> together =
                attended_rows(*backend, batch, memory.args, queries);
            for (std::int32_t row = 0; row < batch.rows(); row += 7)
              for (int head = 0; head < shape.heads; ++head) {
                const std::int64_t at = row * shape.queries() + head * shape.head_dim;
                const Attended expected = attended(queries.data() + at, memory.args,
                                                   batch.positions[static_cast<std::size_t>(row)],
                                                   bf16 ? rounded : as_it_is);
                for (std::size_t d = 0; d < expected.values.size(); ++d)
                  ASSERT_NEAR(together[static_cast<std::size_t>(at) + d], expected.values[d],
                              2e-6 + (bf16 ? 0x1p-9 * expected.sizes[d] : 0))
                      << isa << " window " << window << " cap " << cap << " row " << row;
              }
          }
  }
}

/// Of stored keys and values and of some row by row; under headers that other rows share.
TEST(Windows, ARowsBitsAreThoseOfTheRowAlone) {
  const Shape shape{6, 2, 32};
  const PackedBatch chain = rows_of_a_path(0, 190),
                    branches = rows_under_a_header(64, {200, 201, 131, 128, 300, 299, 64});
  for (const auto& backend : every_backend())
    for (const int window : {5, 64, 100})
      for (const PackedBatch& batch : {chain, branches}) {
        Memory rows(*backend, shape, false), stored(*backend, shape, true);
        rows.args.window = stored.args.window = window;
        EXPECT_EQ(expect_rows_as_if_alone(*backend, batch, rows.args, shape),
                  expect_rows_as_if_alone(*backend, batch, stored.args, shape))
            << " window " << window;
      }
}

/// What is not a number in a position behind a row's own, or before its window, is no part of it:
/// in bf16 the pair's other half is.
TEST(Windows, NothingBehindARowReachesIt) {
  const Shape shape{2, 1, 16};
  const PackedBatch batch = rows_of_a_path(0, 130);
  for (const auto& backend : every_backend())
    for (const bool stored : {false, true}) {
      const std::vector<float> queries = random_values(batch.rows() * shape.queries(), 3);
      const Memory sound(*backend, shape, stored);
      const std::vector<float> expected = attended_rows(*backend, batch, sound.args, queries);
      for (const std::int32_t broken : {1, 16, 63, 64, 101, 128}) {
        const Memory memory(*backend, shape, stored, broken);
        const std::vector<float> got = attended_rows(*backend, batch, memory.args, queries);
        const auto own = broken * shape.queries();
        EXPECT_TRUE(std::equal(got.begin(), got.begin() + own, expected.begin()))
            << backend->isa() << " " << broken << (stored ? " stored" : "");
        EXPECT_TRUE(
            std::all_of(got.begin() + own, got.end(), [](float x) { return std::isnan(x); }));
      }
    }
}

int tile_visits = 0;  // of the counting kernel: a plain function pointer has no other place
void count_visit(const AttentionTile<float>&, QueryState<float>*, int, ScoreRule) { ++tile_visits; }

int visits_of(const PackedBatch& batch) {
  const Shape shape{2, 2, 16};
  const auto backend = make_cpu_backend(1, "");
  Memory memory(*backend, shape, true);
  std::vector<float> queries = random_values(batch.rows() * shape.queries(), 3);
  memory.args.queries = queries.data();
  Kernels counting = kernels_portable();
  counting.attend_tile = count_visit;
  tile_visits = 0;
  attend_rows<float>(counting, batch, memory.args, 0, 0, batch.rows());
  return tile_visits;
}

TEST(SharedTiles, TheHeadersTilesAreVisitedOnceForAllRows) {
  // 640 = 10 tiles, and each row's own one or two behind them.
  EXPECT_EQ(visits_of(rows_under_a_header(640, {650, 660, 700, 720, 641})), 10 + 1 + 1 + 1 + 2 + 1);
  EXPECT_EQ(visits_of(rows_under_a_header(640, {650})), 11);
  // A row that ends in the header sees five tiles of it whole, and a part of the next.
  EXPECT_EQ(visits_of(rows_under_a_header(640, {650, 330, 660})), 5 + 6 + 1 + 6);
  // Two pairs under headers of their own.
  PackedBatch batch = rows_under_a_header(640, {650, 660, 670, 680});
  for (const std::size_t r : {2, 3}) {
    KvSegment* path = batch.segments.data() + batch.path_begin[r];
    path->slot = 2048;
  }
  EXPECT_EQ(visits_of(batch), 2 * (10 + 1 + 1));
}

template <class Word>
class CopiedKv : public ::testing::Test {};
using Words = ::testing::Types<float, std::uint32_t>;
TYPED_TEST_SUITE(CopiedKv, Words);

TYPED_TEST(CopiedKv, OneCopyTakesWhatTheOneBeforeLeft) {
  constexpr bool kBf16 = !std::is_same_v<TypeParam, float>;
  for (const std::int64_t width : {40, 21})
    for (const auto& [threads, last] :
         std::array<std::array<int, 2>, 4>{{{1, 20}, {3, 1}, {1, 63}, {3, 37}}}) {
      const auto backend = make_cpu_backend(threads, "", kBf16);
      const std::int64_t words = 192 * width / kInWord<TypeParam>;
      std::vector<TypeParam> before_keys, before_values;
      std::mt19937 random(5);
      for (std::int64_t i = 0; i < words; ++i) {
        before_keys.push_back(static_cast<TypeParam>(random()));
        before_values.push_back(static_cast<TypeParam>(random()));
      }
      std::vector<TypeParam> keys = before_keys, values = before_values;
      const std::vector<KvCopy> copies = {{0, 64, 63}, {64, 128, last}};
      backend->copy_kv(copies, width, reinterpret_cast<float*>(keys.data()),
                       reinterpret_cast<float*>(values.data()));
      const auto bits = [](const std::vector<TypeParam>& slots, std::int64_t at) {
        return std::bit_cast<std::uint32_t>(element(slots.data(), at));
      };
      for (std::int32_t slot = 0; slot < 192; ++slot) {
        const std::int32_t place = slot % 64;
        const bool copied = slot >= 128 ? place < last : slot >= 64 && place < 63;
        const std::int32_t from = copied ? place : slot;
        for (std::int64_t column = 0; column < width; ++column) {
          EXPECT_EQ(bits(keys, stored_key<TypeParam>(slot, column, width)),
                    bits(before_keys, stored_key<TypeParam>(from, column, width)));
          EXPECT_EQ(bits(values, stored_value<TypeParam>(slot, column, width)),
                    bits(before_values, stored_value<TypeParam>(from, column, width)));
        }
      }
    }
}

}  // namespace
}  // namespace flm::test
