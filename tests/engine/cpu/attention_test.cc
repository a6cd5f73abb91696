// Rows of several paths under one header: each as if it were alone, and the header read once.
#include "engine/cpu/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/path_tiles.h"
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

std::vector<float> random_values(std::int64_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& x : values) x = static_cast<float>(random() % 20001) / 10000 - 1;
  return values;
}

/// Of stored keys and values, or of some row by row.
struct Memory {
  Memory(const Shape& shape, bool stored)
      : keys(random_values(kSlots * shape.width(), 1)),
        values(random_values(kSlots * shape.width(), 2)),
        args{nullptr,     shape.queries(), keys.data(),    values.data(), shape.width(),
             shape.heads, shape.kv_heads,  shape.head_dim, 0.3f,          stored} {}
  std::vector<float> keys, values;
  AttentionArgs args;
};

TEST(SharedTiles, ARowsBitsAreThoseOfTheRowAlone) {
  const std::vector<std::int32_t> positions = {200, 131, 128, 127, 300, 299,
                                               64,  100, 150, 151, 129};
  for (const std::string& isa : available_isas())
    for (const Shape& shape : {Shape{4, 4, 16}, Shape{6, 2, 32}, Shape{4, 2, 24}})
      for (const bool stored : {false, true})
        for (const std::int32_t header : {64, 128}) {
          const PackedBatch batch = rows_under_a_header(header, positions);
          Memory memory(shape, stored);
          const auto backend = make_cpu_backend(1, isa);
          const std::vector<float> queries = random_values(batch.rows() * shape.queries(), 3);
          std::vector<float> together = queries;
          memory.args.queries = together.data();
          backend->attention(batch, memory.args);
          for (std::int32_t row = 0; row < batch.rows(); ++row) {
            std::vector<float> alone(queries.begin() + row * shape.queries(),
                                     queries.begin() + (row + 1) * shape.queries());
            memory.args.queries = alone.data();
            backend->attention(row_alone(batch, row), memory.args);
            EXPECT_EQ(alone, std::vector(together.begin() + row * shape.queries(),
                                         together.begin() + (row + 1) * shape.queries()))
                << isa << " row " << row << (stored ? " stored" : "");
          }
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

/// One query of one head against keys and values of its window that lie row by row, in double.
std::vector<double> attended(const float* query, const AttentionArgs& args, std::int32_t position) {
  const std::int32_t first = args.window > 0 ? std::max(0, position - args.window + 1) : 0;
  std::vector<double> sums(static_cast<std::size_t>(args.head_dim));
  double all = 0;
  for (std::int32_t key = first; key <= position; ++key) {
    double score = 0;
    for (int d = 0; d < args.head_dim; ++d)
      score += static_cast<double>(query[d]) * args.keys[key * args.kv_stride + d];
    score *= args.scale;
    if (args.score_cap > 0) score = args.score_cap * std::tanh(score / args.score_cap);
    const double weight = std::exp(score);
    all += weight;
    for (std::size_t d = 0; d < sums.size(); ++d)
      sums[d] += weight * args.values[key * args.kv_stride + static_cast<std::int64_t>(d)];
  }
  for (double& sum : sums) sum /= all;
  return sums;
}

TEST(Windows, ARowSeesTheLastPositionsOfItsPathAndNoOther) {
  const Shape shape{2, 1, 16};
  const PackedBatch batch = rows_of_a_path(40, 210);
  const std::vector<float> queries = random_values(batch.rows() * shape.queries(), 3);
  for (const std::string& isa : available_isas())
    for (const int window : {0, 1, 20, 64, 65, 130, 1000})
      for (const float cap : {0.0f, 0.7f}) {
        Memory memory(shape, false);
        memory.args.window = window;
        memory.args.score_cap = cap;
        std::vector<float> together = queries;
        memory.args.queries = together.data();
        make_cpu_backend(1, isa)->attention(batch, memory.args);
        for (std::int32_t row = 0; row < batch.rows(); row += 7)
          for (int head = 0; head < shape.heads; ++head) {
            const std::int64_t at = row * shape.queries() + head * shape.head_dim;
            const std::vector<double> expected = attended(
                queries.data() + at, memory.args, batch.positions[static_cast<std::size_t>(row)]);
            for (int d = 0; d < shape.head_dim; ++d)
              ASSERT_NEAR(together[static_cast<std::size_t>(at + d)],
                          expected[static_cast<std::size_t>(d)], 2e-6)
                  << isa << " window " << window << " cap " << cap << " row " << row;
          }
      }
}

/// Of stored keys and values and of some row by row; under headers that other rows share.
TEST(Windows, ARowsBitsAreThoseOfTheRowAlone) {
  const std::vector<std::int32_t> positions = {200, 201, 131, 128, 300, 299, 64};
  for (const std::string& isa : available_isas())
    for (const bool stored : {false, true})
      for (const int window : {5, 64, 100}) {
        const PackedBatch chain = rows_of_a_path(0, 190),
                          branches = rows_under_a_header(64, positions);
        for (const PackedBatch& batch : {chain, branches}) {
          const Shape shape{6, 2, 32};
          Memory memory(shape, stored);
          memory.args.window = window;
          const auto backend = make_cpu_backend(1, isa);
          const std::vector<float> queries = random_values(batch.rows() * shape.queries(), 3);
          std::vector<float> together = queries;
          memory.args.queries = together.data();
          backend->attention(batch, memory.args);
          for (std::int32_t row = 0; row < batch.rows(); ++row) {
            std::vector<float> alone(queries.begin() + row * shape.queries(),
                                     queries.begin() + (row + 1) * shape.queries());
            memory.args.queries = alone.data();
            backend->attention(row_alone(batch, row), memory.args);
            ASSERT_EQ(alone, std::vector(together.begin() + row * shape.queries(),
                                         together.begin() + (row + 1) * shape.queries()))
                << isa << " window " << window << " row " << row << (stored ? " stored" : "");
          }
        }
      }
}

int tile_visits = 0;  // of the counting kernel: a plain function pointer has no other place
void count_visit(const AttentionTile&, QueryState*, int, ScoreRule) { ++tile_visits; }

int visits_of(const PackedBatch& batch) {
  const Shape shape{2, 2, 16};
  Memory memory(shape, true);
  std::vector<float> queries = random_values(batch.rows() * shape.queries(), 3);
  memory.args.queries = queries.data();
  Kernels counting = kernels_portable();
  counting.attend_tile = count_visit;
  tile_visits = 0;
  attend_rows(counting, batch, memory.args, 0, 0, batch.rows());
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

TEST(CopiedKv, OneCopyTakesWhatTheOneBeforeLeft) {
  // Keys lie in pages of [width][64], values of [width / 16][64][16] (path_tiles.h).
  constexpr std::int64_t kWidth = 40;
  const std::vector<float> before_keys = random_values(192 * kWidth, 5),
                           before_values = random_values(192 * kWidth, 6);
  for (const int threads : {1, 3}) {
    std::vector<float> keys = before_keys, values = before_values;
    const auto backend = make_cpu_backend(threads, "");
    const std::vector<KvCopy> copies = {{0, 64, 63}, {64, 128, 20}};
    backend->copy_kv(copies, kWidth, keys.data(), values.data());
    for (std::int32_t slot = 0; slot < 192; ++slot) {
      const std::int32_t place = slot % 64;
      const bool copied = slot >= 128 ? place < 20 : slot >= 64 && place < 63;
      const std::int32_t from = copied ? place : slot;
      for (std::int64_t column = 0; column < kWidth; ++column) {
        EXPECT_EQ(keys[static_cast<std::size_t>(stored_key(slot, column, kWidth))],
                  before_keys[static_cast<std::size_t>(stored_key(from, column, kWidth))]);
        EXPECT_EQ(values[static_cast<std::size_t>(stored_value(slot, column, kWidth))],
                  before_values[static_cast<std::size_t>(stored_value(from, column, kWidth))]);
      }
    }
  }
}

}  // namespace
}  // namespace flm::test
