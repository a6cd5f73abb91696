// Attention of some queries to one tile of keys, over V16. Part of kernel_source.h, after its exp.
#pragma once

#include "engine/cpu/kernels.h"

namespace flm {
namespace {

// Six queries by kWideVectors vectors: 24 accumulators on AVX-512 for 10 loads a step, and 12
// registers of accumulators on AVX2.
inline constexpr int kQueriesTogether = 6;

/// Queries, keys, weights and values in fp32.
struct FloatOperands : WholeWords {
  using Word = float;

  static V16 words(const float* p) { return load(p); }
  static V16 spread(float x) { return broadcast(x); }
  template <int>
  static V16 multiply(V16 sum, V16 a, V16 b) {
    return fma(a, b, sum);
  }
  static void put_weights(float* to, V16 weights) { store(to, weights); }
};

/// The same in bf16, two in a word.
template <class Pairs>
struct PairOperands : Pairs {
  using Word = std::uint32_t;

  static V16 words(const std::uint32_t* p) { return load_words(p); }
  static V16 spread(std::uint32_t x) { return broadcast_word(x); }
  static void put_weights(std::uint32_t* to, V16 weights) { Pairs::round(to, weights); }
  /// Of words whose second operands are not there the first ones alone.
  static V16 lone(V16 words) { return low_halves(words); }
};

template <class Operands>
using WordOf = typename Operands::Word;
template <class Operands>
inline constexpr int kWordKeys = kInWord<WordOf<Operands>>;  // whose weights, or values, are a word
template <class Operands>
using TileOf = AttentionTile<WordOf<Operands>>;
template <class Operands>
using QueryOf = QueryState<WordOf<Operands>>;

/// The values of one key, or of a pair; `column` is a multiple of 16.
template <class Operands>
inline const WordOf<Operands>* value_at(const WordOf<Operands>* values, int word, int column) {
  return values + (column * kKeyTile / kWordKeys<Operands> + word * 16);
}

/// Few queries wait for their keys and values, which decoding reads from memory: the same place of
/// the next tile comes into L2 meanwhile. Addresses only; nothing happens where there is none.
template <int Queries, int Vectors, class Word>
inline void prefetch_next(const Word* next, int step) {
  if constexpr (Queries < kQueriesTogether) {
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) __builtin_prefetch(next + j * step, 0, 2);
  }
}

/// scores[q][key ...] = dot(query q, key) * scale: one chain over the head dimension.
template <class Operands, int Queries, int Vectors>
inline void tile_scores(const TileOf<Operands>& tile, const QueryOf<Operands>* queries, int key,
                        float scale, float (*scores)[kKeyTile]) {
  V16 dots[Queries][Vectors];
  const WordOf<Operands>* at[Queries];
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q) {
    at[q] = queries[q].query;
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) dots[q][j] = broadcast(0.0f);
  }
  typename Operands::ChainMode mode;
  mode.begin(dots);
#pragma GCC unroll kStepsUnrolled
  for (int d = 0; d < tile.key_words; ++d) {
    const auto* keys = tile.keys + d * kKeyTile + key;
    prefetch_next<Queries, Vectors>(tile.next_keys + d * kKeyTile + key, 16);
    V16 words[Vectors];
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) words[j] = Operands::words(keys + 16 * j);
    add_products<Operands>([&](int q) { return Operands::spread(at[q][d]); }, words, dots);
  }
  mode.end(dots);
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j)
      store(scores[q] + key + 16 * j, mul(dots[q][j], broadcast(scale)));
}

/// Scores of the first `keys` keys, rounded up to whole vectors.
template <class Operands, int Queries>
inline void all_scores(const TileOf<Operands>& tile, const QueryOf<Operands>* queries, int keys,
                       float scale, float (*scores)[kKeyTile]) {
  constexpr int kStep = 16 * kWideVectors;
  int key = 0;
  for (; key + kStep <= keys; key += kStep)
    tile_scores<Operands, Queries, kWideVectors>(tile, queries, key, scale, scores);
  for (; key < keys; key += 16)
    tile_scores<Operands, Queries, 1>(tile, queries, key, scale, scores);
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
template <class Operands, int Queries, bool Whole>
inline void tile_softmax(QueryOf<Operands>* queries, float (*scores)[kKeyTile],
                         WordOf<Operands> (*weights)[kKeyTile], float* keep) {
  alignas(64) float change[16] = {}, largest[Queries];
  for (int q = 0; q < Queries; ++q) {
    QueryOf<Operands>& query = queries[q];
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
    QueryOf<Operands>& query = queries[q];
    const int end = Whole ? kKeyTile : query.keys;
    V16 sum = broadcast(0.0f);
    for (int j = 0; j < end; j += 16) {
      const V16 weight = exp16_up_to_88(sub(load(scores[q] + j), broadcast(largest[q])));
      Operands::put_weights(weights[q] + j / kWordKeys<Operands>, weight);
      sum = add(sum, weight);
    }
    keep[q] = factors[q];
    query.sum = __builtin_fmaf(query.sum, factors[q], fold_sum(sum));
    query.max = largest[q];
  }
}

/// sum_values = sum_values * keep, then one chain over the first `words` words of keys.
template <class Operands, int Queries, int Vectors>
inline void tile_values(const TileOf<Operands>& tile, QueryOf<Operands>* queries, int words,
                        int column, const float* keep,
                        const WordOf<Operands> (*weights)[kKeyTile]) {
  constexpr int kBlock = 16 * kKeyTile / kWordKeys<Operands>;  // words of 16 columns
  V16 sums[Queries][Vectors];
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j)
      sums[q][j] = mul(load(queries[q].sum_values + column + 16 * j), broadcast(keep[q]));
  typename Operands::ChainMode mode;
  mode.begin(sums);
#pragma GCC unroll kStepsUnrolled
  for (int word = 0; word < words; ++word) {
    const auto* values = value_at<Operands>(tile.values, word, column);
    prefetch_next<Queries, Vectors>(value_at<Operands>(tile.next_values, word, column), kBlock);
    V16 columns[Vectors];
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) columns[j] = Operands::words(values + kBlock * j);
    add_products<Operands>([&](int q) { return Operands::spread(weights[q][word]); }, columns,
                           sums);
  }
  mode.end(sums);
#pragma GCC unroll 6
  for (int q = 0; q < Queries; ++q)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) store(queries[q].sum_values + column + 16 * j, sums[q][j]);
}

/// The chain of one query goes on from word `begin` over the keys that it sees.
template <class Operands>
inline void last_values(const TileOf<Operands>& tile, const QueryOf<Operands>& query, int begin,
                        const WordOf<Operands>* weights) {
  const int whole = query.keys / kWordKeys<Operands>;
  for (int column = 0; column < tile.value_columns; column += 16) {
    V16 sums[1][1] = {{load(query.sum_values + column)}};
    const auto add_word = [&](V16 weight, V16 value) {
      add_products<Operands>([&](int) { return weight; }, {value}, sums);
    };
    const auto value = [&](int word) {
      return Operands::words(value_at<Operands>(tile.values, word, column));
    };
    typename Operands::ChainMode mode;
    mode.begin(sums);
    for (int word = begin; word < whole; ++word)
      add_word(Operands::spread(weights[word]), value(word));
    if constexpr (kWordKeys<Operands> != 1)
      if (query.keys % kWordKeys<Operands> != 0)
        add_word(Operands::lone(Operands::spread(weights[whole])), Operands::lone(value(whole)));
    mode.end(sums);
    store(query.sum_values + column, sums[0][0]);
  }
}

/// Each query is computed as if it were alone; those that see more keys than the first go on alone.
template <class Operands, int Queries>
[[gnu::noinline]] void attend_together(const TileOf<Operands>& tile, QueryOf<Operands>* queries,
                                       ScoreRule rule) {
  alignas(64) float scores[Queries][kKeyTile];
  alignas(64) WordOf<Operands> weights[Queries][kKeyTile];
  float keep[Queries];
  int most = 0, least = kKeyTile, hidden = 0;
  for (int q = 0; q < Queries; ++q) {
    most = queries[q].keys > most ? queries[q].keys : most;
    least = queries[q].keys < least ? queries[q].keys : least;
    hidden |= queries[q].first_key;
  }
  all_scores<Operands, Queries>(tile, queries, most, rule.scale, scores);
  if (rule.cap > 0) cap_scores<Queries>(most, rule.cap, scores);
  if (least == kKeyTile && hidden == 0)
    tile_softmax<Operands, Queries, true>(queries, scores, weights, keep);
  else
    tile_softmax<Operands, Queries, false>(queries, scores, weights, keep);
  const int words = least / kWordKeys<Operands>;
  int column = 0;
  for (; column + 16 * kWideVectors <= tile.value_columns; column += 16 * kWideVectors)
    tile_values<Operands, Queries, kWideVectors>(tile, queries, words, column, keep, weights);
  for (; column < tile.value_columns; column += 16)
    tile_values<Operands, Queries, 1>(tile, queries, words, column, keep, weights);
  for (int q = 0; q < Queries; ++q)
    if (queries[q].keys > words * kWordKeys<Operands>)
      last_values<Operands>(tile, queries[q], words, weights[q]);
}

template <class Operands, int Queries>
inline void attend_queries(const TileOf<Operands>& tile, QueryOf<Operands>* queries, int count,
                           ScoreRule rule) {
  if constexpr (Queries > 1) {
    if (count < Queries) return attend_queries<Operands, Queries - 1>(tile, queries, count, rule);
  }
  attend_together<Operands, Queries>(tile, queries, rule);
}

template <class Operands>
inline void attend_tile(const TileOf<Operands>& tile, QueryOf<Operands>* queries, int count,
                        ScoreRule rule) {
  for (int q = 0; q < count; q += kQueriesTogether)
    attend_queries<Operands, kQueriesTogether>(
        tile, queries + q, count - q < kQueriesTogether ? count - q : kQueriesTogether, rule);
}

}  // namespace
}  // namespace flm
