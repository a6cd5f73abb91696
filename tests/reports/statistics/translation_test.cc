// BLEU, chrF, chrF++ and TER against what sacreBLEU 2.6.0 gave.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/system/files.h"
#include "datasets/compression/archive.h"
#include "reports/statistics/aggregates/aggregate.h"
#include "tasks/python/text.h"
#include "tasks/scoring/translation_statistics.h"

namespace flm {
namespace {

constexpr double kTolerance = 1e-9;

std::vector<double> statistics_of(const std::string& metric, const std::string& prediction,
                                  const std::string& reference) {
  if (metric == "bleu") return bleu_statistics(prediction, reference);
  if (metric == "ter") return ter_statistics(prediction, reference);
  return chrf_statistics(prediction, reference, metric == "chrf" ? 0 : 2);
}

ItemValues statistics(const Json& pairs, const std::string& metric, std::size_t begin,
                      std::size_t end) {
  ItemValues items;
  for (std::size_t i = begin; i < end; ++i) {
    const std::string prediction = pairs[i]["prediction"], reference = pairs[i]["reference"];
    items.push_back(statistics_of(metric, prediction, reference));
  }
  return items;
}

TEST(Translation, PairsAndCorporaScoreAsSacrebleuDoes) {
  const std::string file =
      std::string(FLM_SHARED_DIR) + "/conformance/lm-eval/units/sacrebleu.json.gz";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "skipped: ../shared is not here";
  const Json all = parse_json(gunzip(read_file(file), file), file);
  ASSERT_GT(all["single"].size(), 10u);
  for (const std::string metric : {"bleu", "chrf", "chrf++", "ter"}) {
    for (std::size_t i = 0; i < all["single"].size(); ++i) {
      EXPECT_NEAR(*aggregate(metric, statistics(all["single"], metric, i, i + 1)),
                  all["single"][i][metric].get<double>(), kTolerance)
          << metric << " " << all["single"][i].dump();
    }
    for (const Json& corpus : all["corpora"]) {
      const auto items = statistics(all["single"], metric, corpus["pairs"][0], corpus["pairs"][1]);
      EXPECT_NEAR(*aggregate(metric, items), corpus[metric].get<double>(), kTolerance) << metric;
    }
  }
}

/// Counted by sacreBLEU's TER on word sequences with moved, lost, added and replaced words.
TEST(Translation, EditsAndShiftsAreThoseOfTercom) {
  const std::vector<std::tuple<const char*, const char*, double>> counted = {
      {"green cat a", "green house cat on green", 3},
      {"cat mat sat house blue sat in on . mat sat mat green green",
       "green cat mat sat house blue ran sat in on . mat sat mat green", 2},
      {"a , in , a , . ran house", "a in , a ran , . ran house", 2},
      {"green sat blue the green house blue blue", "green sat blue a the blue green house house",
       3},
      {"green on dog on cat a", "cat green on dog on", 2},
      {"blue ran mat the ran house on house in", "the ran blue in mat ran mat on house", 4},
      {"ran mat dog a ran", "dog ran house house mat", 4},
      {"cat dog dog ran , green in , house ran mat on dog",
       "cat , dog , dog ran , green in , house ran mat on dog", 2},
      {"mat blue sat . mat cat in blue on", "mat blue . on cat mat sat in in", 4},
      {"house , blue sat a in house green in on on , green green dog on",
       "house , blue sat a in house green in on cat green green dog on", 2},
      {"sat sat sat cat a ran house dog , on , . dog sat mat on",
       "sat sat sat cat a green house dog , on , . dog sat mat", 2},
      {"house , blue dog in on . green a in on ran house",
       "house in , on ran , ran blue dog in on . green a house", 4},
      {"blue ran on , , house dog ran in the , mat sat",
       "on blue ran green ran , , house dog in the , mat ran sat", 4},
      {"mat dog sat sat on sat the , on , a dog",
       "mat dog cat sat sat on sat the , on , a dog dog sat", 3},
      {"cat green in house", "cat . blue house mat", 3},
      {"green . sat , . on mat house ran", "green . sat house on mat ran , .", 2},
      {"sat . house green cat on dog a cat , in .",
       "sat the . house green , on dog a cat dog , a in mat", 5},
      {", ran on blue blue the blue house dog in on . . a the mat",
       "ran on a the blue dog mat the blue house in . , on .", 6},
      {"house mat in on green the , , . sat blue on blue mat sat in",
       "house blue mat mat in on green the on sat in , . sat blue", 3},
      {"ran mat mat in on dog ,", "house ran cat mat mat cat cat dog ,", 4},
      {"ran ran in sat ran house the in mat in on , on",
       "ran ran in sat mat ran house dog ran in mat in on , on", 3},
      {"house mat sat , house on sat", "house , house on sat", 2},
      {"dog . in green green in sat on house", "cat . in green green in sat ran house", 2},
      {"blue house dog . ,", ". , dog house dog", 2},
      // Words that stand where they belong are not moved within themselves.
      {"a a b b b b a a", "a b a a b b b a b", 3},
      {"a b a b b", "b c b a b a", 3},
      {"b d a a a b b b", "c d c b a a a b", 4},
      {"c b b d a c", "d d c b d c", 4},
      {"green", "", 1},
  };
  for (const auto& [hypothesis, reference, edits] : counted)
    EXPECT_EQ(ter_statistics(hypothesis, reference)[0], edits) << hypothesis << " | " << reference;
}

/// w0, w1, ...: the same sequence in Python made the counts below.
std::vector<std::string> drawn_words(int count, std::uint32_t seed, std::uint32_t distinct) {
  std::vector<std::string> words;
  for (std::uint32_t x = seed; std::ssize(words) < count;) {
    x = (x * 1103515245u + 12345u) % (1u << 31);
    words.push_back("w" + std::to_string((x >> 16) % distinct));
  }
  return words;
}

/// Counted by sacreBLEU 2.6's translation_edit_rate, beyond its beam of 25 words and far from equal
/// lengths; one text is the other turned by `turn` words and cut.
TEST(Translation, LongTextsAreAlignedWithinTheBand) {
  struct Case {
    int hypothesis, reference;
    std::uint32_t seed, distinct;
    int turn;
    double edits;
  };
  for (const Case& c :
       {Case{120, 120, 1, 20, 0, 0}, Case{3, 200, 2, 5, 0, 197}, Case{200, 3, 3, 5, 0, 197},
        Case{60, 180, 4, 12, 0, 129}, Case{150, 150, 5, 40, 30, 138}, Case{90, 160, 6, 15, 7, 95},
        Case{260, 255, 7, 200, 40, 257}, Case{1, 130, 8, 3, 0, 129}}) {
    std::vector<std::string> words =
        drawn_words(std::max(c.hypothesis, c.reference), c.seed, c.distinct);
    const std::string reference = python_join(" ", {words.begin(), words.begin() + c.reference});
    std::rotate(words.begin(), words.begin() + c.turn, words.end());
    const std::string hypothesis = python_join(" ", {words.begin(), words.begin() + c.hypothesis});
    EXPECT_EQ(ter_statistics(hypothesis, reference)[0], c.edits) << c.seed;
  }
}

/// 50,000 words by 50,000 have more cells than 32 bits count; the band has few.
TEST(Translation, VeryLongTextsAreCounted) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + " ";
  EXPECT_EQ(ter_statistics(text + "end", text)[0], 1);
}

TEST(Translation, AnEmptyHypothesisScoresZero) {
  EXPECT_EQ(*aggregate("bleu", {bleu_statistics("", "a b c")}), 0);
  EXPECT_EQ(*aggregate("chrf", {chrf_statistics("", "a b c", 0)}), 0);
}

TEST(Translation, TheStandardErrorIsThatOfAHundredReplicates) {
  const ItemValues items = {chrf_statistics("a cat", "a cat", 0),
                            chrf_statistics("dog", "a cat", 0)};
  EXPECT_TRUE(is_bootstrapped("chrf"));
  EXPECT_EQ(aggregate_stderr("chrf", items, 100000), aggregate_stderr("chrf", items, 100));
  EXPECT_GT(*aggregate_stderr("chrf", items, 100), 0);
}

}  // namespace
}  // namespace flm
