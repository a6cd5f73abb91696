// The attention kernels: queries together as if each were alone, with equal bits on every
// instruction set.
#include <cmath>

#include "tests/engine/cpu/each_isa.h"

namespace flm::test {
namespace {

class AttentionKernels : public EachIsa {};

/// Seven queries over a whole tile of keys and a part of another, of which they see different
/// numbers; values are the same in both. `words`: queries, keys, values.
template <class Word>
class TwoTiles {
 public:
  TwoTiles(int head_dim, std::vector<Word> words, int words_of_head)
      : columns_((head_dim + 15) / 16 * 16), words_(std::move(words)), key_words_(words_of_head) {}

  template <class Attend>
  std::vector<float> run(Attend attend, bool together) const {
    const Word* queries = words_.data();
    std::vector<float> sums(static_cast<std::size_t>(kQueries * columns_));
    std::vector<QueryState<Word>> states;
    for (int q = 0; q < kQueries; ++q)
      states.push_back({queries + q * key_words_, sums.data() + q * columns_, -INFINITY, 0, 0, 0});
    for (int pass = 0; pass < 2; ++pass) {
      const Word* keys = queries + kQueries * key_words_ + pass * key_words_ * kKeyTile;
      const Word* values = queries + (kQueries + 2 * kKeyTile) * key_words_;
      const AttentionTile<Word> tile{keys, values, key_words_, columns_, keys, values};
      for (int q = 0; q < kQueries; ++q)
        states[static_cast<std::size_t>(q)].keys = pass == 0 ? kKeyTile : 1 + 9 * (q * 2 / 3);
      if (together) attend(tile, states.data(), kQueries, ScoreRule{0.25f});
      for (int q = 0; q < kQueries && !together; ++q)
        attend(tile, &states[static_cast<std::size_t>(q)], 1, ScoreRule{0.25f});
    }
    for (const QueryState<Word>& state : states) sums.insert(sums.end(), {state.max, state.sum});
    return sums;
  }

  static std::size_t words_for(int key_words, int head_dim, int in_word) {
    return static_cast<std::size_t>((kQueries + 2 * kKeyTile) * key_words +
                                    kKeyTile / in_word * ((head_dim + 15) / 16 * 16));
  }

 private:
  static constexpr int kQueries = 7;
  int columns_;
  std::vector<Word> words_;
  int key_words_;
};

TEST_P(AttentionKernels, QueriesTogetherEqualEachAloneAndThePortableOne) {
  for (int d : {8, 16, 64, 80}) {
    const TwoTiles<float> tiles(d, random_values(TwoTiles<float>::words_for(d, d, 1), 6, 2), d);
    EXPECT_EQ(tiles.run(kernels->attend_tile, true), tiles.run(kernels->attend_tile, false));
    EXPECT_EQ(tiles.run(kernels->attend_tile, true), tiles.run(portable.attend_tile, false));
  }
}

/// Of values next to the end of the normal range, so that sums fall below it.
TEST_P(AttentionKernels, PairsTogetherEqualEachAloneAndThePortableOne) {
  for (int d : {7, 8, 16, 64, 80})
    for (const float size : {1.0f, 0x1p-122f}) {
      const int pairs = (d + 1) / 2;
      const std::size_t words = TwoTiles<std::uint32_t>::words_for(pairs, d, 2);
      std::vector<float> operands = random_values(2 * words, 6, 2);
      const std::size_t values = 2 * TwoTiles<std::uint32_t>::words_for(pairs, 0, 2);
      for (std::size_t i = values; i < operands.size(); ++i) operands[i] *= size;
      std::vector<std::uint32_t> rounded(words);
      kernels->round_to_pairs(operands.data(), static_cast<std::int64_t>(2 * words),
                              rounded.data());
      const TwoTiles<std::uint32_t> tiles(d, rounded, pairs);
      EXPECT_EQ(tiles.run(kernels->attend_pairs, true), tiles.run(kernels->attend_pairs, false));
      EXPECT_EQ(tiles.run(kernels->attend_pairs, true), tiles.run(portable.attend_pairs, false));
    }
  EXPECT_TRUE(small_numbers_are_kept());
}

INSTANTIATE_TEST_SUITE_P(Isas, AttentionKernels, ::testing::Values("portable", "avx2", "avx512"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace flm::test
