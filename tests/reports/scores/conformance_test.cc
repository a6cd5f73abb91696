// Aggregates, standard errors, groups and hashes against recorded runs of lm-evaluation-harness.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "tests/reports/scores/golden_run.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

class Conformance : public testing::TestWithParam<const char*> {};

/// Metrics over texts (BLEU and its kin) are not aggregated from numbers.
bool over_texts(const std::string& key) {
  for (const char* name : {"bleu", "chrf", "ter"})
    if (key.rfind(name, 0) == 0) return true;
  return false;
}

void expect_equal(const Json& ours, const Json& theirs, const std::string& where) {
  if (theirs.is_number() && ours.is_number()) {
    const double a = ours.get<double>(), b = theirs.get<double>();
    EXPECT_NEAR(a, b, 1e-9 * std::max(1.0, std::fabs(b))) << where;
    return;
  }
  if (!theirs.is_object()) {
    EXPECT_EQ(ours.dump(), theirs.dump()) << where;
    return;
  }
  ASSERT_TRUE(ours.is_object()) << where;
  EXPECT_EQ(ours.size(), theirs.size()) << where;
  for (const auto& [key, value] : theirs.items()) {
    if (over_texts(key)) continue;
    ASSERT_TRUE(ours.contains(key)) << where << " lacks " << key;
    expect_equal(ours.at(key), value, where + " / " + key);
  }
}

TEST_P(Conformance, ResultsAreTheRecordedOnes) {
  if (!have_goldens()) GTEST_SKIP() << "skipped: ../shared is not here";
  std::string name = GetParam();
  const TemporaryFolder folder;
  const auto store = Store::open(folder / "runs.db");
  const Report report =
      build_report(*store, store_golden_run(*store, name),
                   golden_results(name).at("config").at("bootstrap_iters").get<int>());
  const Json ours = parse_json(report.results_json, "results.json"), theirs = golden_results(name);
  EXPECT_EQ(ours.contains("groups"), theirs.contains("groups"));
  for (const char* part : {"results", "groups", "group_subtasks", "versions", "n-shot",
                           "higher_is_better", "n-samples", "task_hashes"}) {
    if (theirs.contains(part)) expect_equal(ours.at(part), theirs.at(part), part);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Recorded, Conformance,
    testing::Values("mmlu.0", "mmlu.5", "ceval-valid.0", "ceval-valid.5", "cmmlu.0", "cmmlu.5",
                    "mmlu_anatomy.4", "mmlu_continuation.0", "gsm8k.5", "gsm8k.5.seed42",
                    "gsm8k_cot.8", "gsm8k_cot_self_consistency.8", "arc_challenge.0",
                    "arc_challenge.25", "arc_challenge_chat.0", "arc_easy.0",
                    "bbh_cot_fewshot_3tasks.3", "bbh_zeroshot_2tasks.0", "hellaswag.0",
                    "hellaswag.10", "humaneval.0", "mbpp.3", "lambada_openai.0", "truthfulqa_mc1.0",
                    "truthfulqa_mc2.0", "wikitext_bpb.0", "winogrande.0", "winogrande.5",
                    "custom/golden/cf_group", "custom/golden/cf_aliases", "custom/golden/cf_binary",
                    "custom/golden/cf_binary_median", "custom/golden/cf_edges",
                    "custom/golden/cf_generate_filters", "custom/golden/cf_loglikelihood",
                    "custom/golden/cf_multi_input", "custom/golden/cf_multiple_choice",
                    "custom/golden/cf_prefix_choice", "custom/golden/cf_rolling",
                    "custom/golden/cf_translate"));

}  // namespace
}  // namespace flm
