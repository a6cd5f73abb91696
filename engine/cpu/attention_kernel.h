// Attention of some queries to one tile of keys, over V16. Part of kernel_source.h, after its exp.
#pragma once

#include "engine/cpu/kernels.h"

namespace flm {
namespace {

// Six queries by kWideVectors vectors: 24 accumulators on AVX-512 for 10 loads a step, and 12
// registers of accumulators on AVX2.
inline constexpr int kQueriesTogether = 6;

/// The value vector of one key; `column` is a multiple of 16.
inline const float* value_at(const float* values, int key, int column) {
  return values + column * kKeyTile + key * 16;
}

/// Few queries wait for their keys and values, which decoding reads from memory: the same place of
/// the next tile comes into L2 meanwhile. Addresses only; nothing happens where there is none.
template <int Queries, int Vectors>
inline void prefetch_next(const float* next, int step) {
  if constexpr (Queries < kQueriesTogether) {
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) __builtin_prefetch(next + j * step, 0, 2);
  }
}

/// scores[q][key ...] = dot(query q, key) * scale: one fma chain over the head dimension.
template <int Queries, int Vectors>
inline void tile_scores(const AttentionTile& tile, const QueryState* queries, int key, float scale,
                        float (*scores)[kKeyTile]) {
  V16 dots[Queries][Vectors];
  const float* at[Queries];
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q) {
    at[q] = queries[q].query;
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) dots[q][j] = broadcast(0.0f);
  }
#pragma GCC unroll kStepsUnrolled
  for (int d = 0; d < tile.head_dim; ++d) {
    const float* keys = tile.keys + d * kKeyTile + key;
    prefetch_next<Queries, Vectors>(tile.next_keys + d * kKeyTile + key, 16);
#pragma GCC unroll 6
    for (int q = 0; q < Queries; ++q) {
      const V16 x = broadcast(at[q][d]);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) dots[q][j] = fma(x, load(keys + 16 * j), dots[q][j]);
    }
  }
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j)
      store(scores[q] + key + 16 * j, mul(dots[q][j], broadcast(scale)));
}

/// Scores of the first `keys` keys, rounded up to whole vectors.
template <int Queries>
inline void all_scores(const AttentionTile& tile, const QueryState* queries, int keys, float scale,
                       float (*scores)[kKeyTile]) {
  constexpr int kStep = 16 * kWideVectors;
  int key = 0;
  for (; key + kStep <= keys; key += kStep)
    tile_scores<Queries, kWideVectors>(tile, queries, key, scale, scores);
  for (; key < keys; key += 16) tile_scores<Queries, 1>(tile, queries, key, scale, scores);
}

template <int Queries>
inline void cap_scores(int keys, float cap, float (*scores)[kKeyTile]) {
  for (int q = 0; q < Queries; ++q)
    for (int key = 0; key < keys; key += 16)
      store(scores[q] + key, capped(load(scores[q] + key), broadcast(cap)));
}

/// Turns scores into weights, updates maxima and sums; keep[q] is the factor for what was summed
/// before. Keys that a query does not see have weight 0, and are never multiplied with; but for
/// those of the tile in which its window begins, which are, whatever other queries see. `Whole`:
/// every query sees every key.
template <int Queries, bool Whole>
inline void tile_softmax(QueryState* queries, float (*scores)[kKeyTile], float* keep) {
  alignas(64) float change[16] = {}, largest[Queries];
  for (int q = 0; q < Queries; ++q) {
    QueryState& query = queries[q];
    const int end = Whole ? kKeyTile : (query.keys + 15) / 16 * 16;
    for (int j = query.keys; !Whole && j < end; ++j) scores[q][j] = kMinusInfinity;
    for (int j = 0; !Whole && j < query.first_key; ++j) scores[q][j] = kMinusInfinity;
    V16 best = load(scores[q]);
    for (int j = 16; j < end; j += 16) best = max(best, load(scores[q] + j));
    const float tile_max = fold_max(best);
    largest[q] = query.max > tile_max ? query.max : tile_max;
    change[q] = query.max - largest[q];
  }
  alignas(64) float factors[16];
  store(factors, exp16_up_to_88(load(change)));
  for (int q = 0; q < Queries; ++q) {
    QueryState& query = queries[q];
    const int end = Whole ? kKeyTile : query.keys;
    V16 sum = broadcast(0.0f);
    for (int j = 0; j < end; j += 16) {
      const V16 weight = exp16_up_to_88(sub(load(scores[q] + j), broadcast(largest[q])));
      store(scores[q] + j, weight);
      sum = add(sum, weight);
    }
    keep[q] = factors[q];
    query.sum = __builtin_fmaf(query.sum, factors[q], fold_sum(sum));
    query.max = largest[q];
  }
}

/// sum_values = sum_values * keep, then one fma chain over the keys [0, keys).
template <int Queries, int Vectors>
inline void tile_values(const AttentionTile& tile, QueryState* queries, int keys, int column,
                        const float* keep, const float (*weights)[kKeyTile]) {
  V16 sums[Queries][Vectors];
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j)
      sums[q][j] = mul(load(queries[q].sum_values + column + 16 * j), broadcast(keep[q]));
#pragma GCC unroll kStepsUnrolled
  for (int key = 0; key < keys; ++key) {
    const float* values = value_at(tile.values, key, column);
    prefetch_next<Queries, Vectors>(value_at(tile.next_values, key, column), 16 * kKeyTile);
#pragma GCC unroll 6
    for (int q = 0; q < Queries; ++q) {
      const V16 x = broadcast(weights[q][key]);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j)
        sums[q][j] = fma(x, load(values + 16 * kKeyTile * j), sums[q][j]);
    }
  }
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) store(queries[q].sum_values + column + 16 * j, sums[q][j]);
}

/// The chain of one query goes on over the keys [begin, query.keys).
inline void last_values(const AttentionTile& tile, const QueryState& query, int begin,
                        const float* weights) {
  for (int column = 0; column < tile.value_columns; column += 16) {
    V16 sum = load(query.sum_values + column);
    for (int key = begin; key < query.keys; ++key)
      sum = fma(broadcast(weights[key]), load(value_at(tile.values, key, column)), sum);
    store(query.sum_values + column, sum);
  }
}

/// Each query is computed as if it were alone; those that see more keys than the first go on alone.
template <int Queries>
[[gnu::noinline]] void attend_together(const AttentionTile& tile, QueryState* queries,
                                       ScoreRule rule) {
  alignas(64) float scores[Queries][kKeyTile];
  float keep[Queries];
  int most = 0, least = kKeyTile, hidden = 0;
  for (int q = 0; q < Queries; ++q) {
    most = queries[q].keys > most ? queries[q].keys : most;
    least = queries[q].keys < least ? queries[q].keys : least;
    hidden |= queries[q].first_key;
  }
  all_scores<Queries>(tile, queries, most, rule.scale, scores);
  if (rule.cap > 0) cap_scores<Queries>(most, rule.cap, scores);
  if (least == kKeyTile && hidden == 0)
    tile_softmax<Queries, true>(queries, scores, keep);
  else
    tile_softmax<Queries, false>(queries, scores, keep);
  int column = 0;
  for (; column + 16 * kWideVectors <= tile.value_columns; column += 16 * kWideVectors)
    tile_values<Queries, kWideVectors>(tile, queries, least, column, keep, scores);
  for (; column < tile.value_columns; column += 16)
    tile_values<Queries, 1>(tile, queries, least, column, keep, scores);
  for (int q = 0; q < Queries; ++q)
    if (queries[q].keys > least) last_values(tile, queries[q], least, scores[q]);
}

template <int Queries>
inline void attend_queries(const AttentionTile& tile, QueryState* queries, int count,
                           ScoreRule rule) {
  if constexpr (Queries > 1) {
    if (count < Queries) return attend_queries<Queries - 1>(tile, queries, count, rule);
  }
  attend_together<Queries>(tile, queries, rule);
}

inline void attend_tile(const AttentionTile& tile, QueryState* queries, int count, ScoreRule rule) {
  for (int q = 0; q < count; q += kQueriesTogether)
    attend_queries<kQueriesTogether>(
        tile, queries + q, count - q < kQueriesTogether ? count - q : kQueriesTogether, rule);
}

}  // namespace
}  // namespace flm
