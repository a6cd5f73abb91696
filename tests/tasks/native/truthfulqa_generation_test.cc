// Recorded from lm-evaluation-harness's functions over sacrebleu 2.6 and rouge_score 0.1.2.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/system/files.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/text_overlap.h"

namespace flm {
namespace {

TEST(TruthfulQaGeneration, ValuesAreTheRecordedOnes) {
  const Json cases = parse_json(read_file(std::string(FLM_SOURCE_DIR) +
                                          "/tests/tasks/native/truthfulqa_generation_golden.json"),
                                "golden");
  ASSERT_GE(cases.size(), 40u);
  const NativeFunctions& all = native_functions();
  const auto& prepare = all.process_docs.at("truthfulqa/utils.process_docs_gen");
  const auto& score = all.process_results.at("truthfulqa/utils.process_results_gen");
  for (const Json& one : cases) {
    SCOPED_TRACE(one["completion"].dump());
    EXPECT_EQ(prepare({one["row"]}).at(0).dump(), one["prepared"].dump());
    const NativeResults results{{}, PyValue(one["completion"].get<std::string>())};
    const MetricValues values = score(PyValue::from_json(one["prepared"]), results);
    ASSERT_EQ(values.size(), one["metrics"].size());
    for (const auto& [name, value] : values)
      EXPECT_NEAR(value.at(0), one["metrics"][name].get<double>(), 1e-9) << name;
  }
}

TEST(TextOverlap, EdgesGiveNothing) {
  EXPECT_EQ(sentence_bleu_intl("a b", ""), 0);
  EXPECT_EQ(sentence_bleu_intl("", "a"), 0);
  EXPECT_EQ(rouge_scores("", "").rouge_lsum, 0);
  EXPECT_NEAR(sentence_bleu_intl("the cat sat down", "the cat sat down"), 100, 1e-9);
  EXPECT_NEAR(rouge_scores("the cat\nsat down", "sat down the cat").rouge_lsum, 1, 1e-12);
}

}  // namespace
}  // namespace flm
