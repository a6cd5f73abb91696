// Attention of a small batch on a backend, and by plain sums.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/batch.h"

namespace flm::test {

inline float rounded(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7FFFu + (bits >> 16 & 1)) & 0xFFFF0000u);
}

inline std::vector<float> random_values(std::size_t count, std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(generator()) * 0x1p-31f - 1.0f;
  return values;
}

/// A stem of 70 rows and two branches of 9: paths that end within a tile of 64 and cross it.
inline PackedBatch forked_batch() {
  PackedBatch batch;
  batch.segments = {{0, 0, 70}, {0, 0, 70}, {70, 70, 9}, {0, 0, 70}, {79, 70, 9}};
  for (std::int32_t r = 0; r < 88; ++r) {
    const int branch = r < 70 ? 0 : r < 79 ? 1 : 2;
    batch.ids.push_back(0);
    batch.slots.push_back(r);
    batch.positions.push_back(branch == 2 ? r - 9 : r);
    batch.path_begin.push_back(branch == 0 ? 0 : 2 * branch - 1);
    batch.path_count.push_back(branch == 0 ? 1 : 2);
  }
  return batch;
}

inline std::vector<std::int32_t> path_slots(const PackedBatch& batch, std::size_t row) {
  std::vector<std::int32_t> slots;
  for (std::int32_t s = 0; s < batch.path_count[row]; ++s) {
    const KvSegment& segment = batch.segments[static_cast<std::size_t>(batch.path_begin[row] + s)];
    for (std::int32_t i = 0; i < segment.length; ++i)
      if (segment.position + i <= batch.positions[row]) slots.push_back(segment.slot + i);
  }
  return slots;
}

struct Attention {
  static constexpr int kHeads = 4, kKvHeads = 2;
  int head_dim;
  PackedBatch batch = forked_batch();
  std::vector<float> queries, keys, values;  // [rows, heads or kv_heads, head_dim]

  explicit Attention(int d) : head_dim(d) {
    const auto rows = static_cast<std::size_t>(batch.rows()), width = static_cast<std::size_t>(d);
    queries = random_values(rows * kHeads * width, 1);
    keys = random_values(rows * kKvHeads * width, 2);
    values = random_values(rows * kKvHeads * width, 3);
    for (float& query : queries) query *= 4;
  }

  /// One output row of one head; Real double: exact; float: naive, operands and weights bf16.
  template <class Real>
  std::vector<Real> plain(std::size_t row, int head) const {
    const auto narrow = [](float x) { return std::is_same_v<Real, float> ? rounded(x) : x; };
    const std::vector<std::int32_t> slots = path_slots(batch, row);
    const auto at = [&](const std::vector<float>& of, std::size_t r, int h, int heads, int i) {
      return static_cast<Real>(
          narrow(of[(r * static_cast<std::size_t>(heads) + static_cast<std::size_t>(h)) *
                        static_cast<std::size_t>(head_dim) +
                    static_cast<std::size_t>(i)]));
    };
    std::vector<Real> weights, out(static_cast<std::size_t>(head_dim));
    Real sum = 0, best = -1e30f;
    for (std::int32_t slot : slots) {
      Real dot = 0;
      for (int i = 0; i < head_dim; ++i)
        dot += at(queries, row, head, kHeads, i) *
               at(keys, static_cast<std::size_t>(slot), head / 2, kKvHeads, i);
      weights.push_back(dot * static_cast<Real>(scale()));
      best = std::max(best, weights.back());
    }
    for (Real& weight : weights) sum += weight = std::exp(weight - best);
    for (std::size_t k = 0; k < slots.size(); ++k)
      for (int i = 0; i < head_dim; ++i)
        out[static_cast<std::size_t>(i)] +=
            (std::is_same_v<Real, float>
                 ? static_cast<Real>(rounded(static_cast<float>(weights[k])))
                 : weights[k]) *
            at(values, static_cast<std::size_t>(slots[k]), head / 2, kKvHeads, i);
    for (Real& value : out) value /= sum;
    return out;
  }

  float scale() const { return 1.0f / std::sqrt(static_cast<float>(head_dim)); }

  /// Rows `rows` of the batch in one call, on a backend.
  std::vector<float> run(const Backend& backend, std::size_t first, std::size_t count) const {
    const auto width = static_cast<std::int64_t>(head_dim);
    PackedBatch part = batch;
    for (auto* field :
         {&part.ids, &part.positions, &part.slots, &part.path_begin, &part.path_count})
      *field = {field->begin() + static_cast<std::int64_t>(first),
                field->begin() + static_cast<std::int64_t>(first + count)};
    const auto place = [&](const std::vector<float>& host, std::size_t begin, std::size_t end) {
      Buffer memory = backend.allocate(static_cast<std::int64_t>((end - begin) * sizeof(float)));
      backend.upload(host.data() + begin, static_cast<std::int64_t>(end - begin), memory.get());
      return memory;
    };
    const std::size_t row_width = kHeads * static_cast<std::size_t>(head_dim);
    const Buffer query = place(queries, first * row_width, (first + count) * row_width),
                 key = place(keys, 0, keys.size()), value = place(values, 0, values.size());
    AttentionArgs args{query.get(),      kHeads * width, key.get(), value.get(),
                       kKvHeads * width, kHeads,         kKvHeads,  head_dim};
    args.scale = scale();
    Buffer key_slots, value_slots;
    if (backend.wants_kv_slots()) {
      const auto bytes = static_cast<std::int64_t>(keys.size()) * backend.kv_element_bytes();
      key_slots = backend.allocate(bytes);
      value_slots = backend.allocate(bytes);
      backend.begin(batch);
      backend.store_kv(batch, key.get(), value.get(), kKvHeads * width, kKvHeads * width,
                       key_slots.get(), value_slots.get());
      args.keys = key_slots.get();
      args.values = value_slots.get();
      args.stored = true;
    }
    backend.begin(part);
    backend.attention(part, args);
    std::vector<float> out(count * row_width);
    backend.download(query.get(), static_cast<std::int64_t>(out.size()), out.data());
    return out;
  }
};

}  // namespace flm::test
