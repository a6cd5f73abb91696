// configs of results.json beside what lm-evaluation-harness 0.4.13 wrote for the same task files
// (--model_args pretrained=M,dtype=float32), without the path of the file (config_source).
#include "reports/views/effective_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace flm {
namespace {

const Json kArgs = {{"pretrained", "M"}, {"dtype", "float32"}};

TEST(EffectiveConfig, IsLmEvalsWithItsDefaultsInItsOrder) {
  const Json file = Json::parse(
      R"({"task": "gb", "dataset_path": "json", "output_type": "multiple_choice",)"
      R"( "test_split": "validation", "fewshot_split": "train", "doc_to_text": "question",)"
      R"( "doc_to_choice": "choices", "doc_to_target": "answer", "metric_list": [{"metric": "acc"}],)"
      R"( "metadata": {"version": 2.0}, "num_fewshot": 2, "task_alias": "bee"})");
  EXPECT_EQ(
      effective_config(file, 2, kArgs, {}).dump(),
      R"({"task":"gb","task_alias":"bee","dataset_path":"json","test_split":"validation",)"
      R"("fewshot_split":"train","doc_to_text":"question","doc_to_target":"answer",)"
      R"("unsafe_code":false,"doc_to_choice":"choices","description":"","target_delimiter":" ",)"
      R"("fewshot_delimiter":"\n\n","fewshot_config":{"sampler":"default","split":"train",)"
      R"("process_docs":null,"fewshot_indices":null,"samples":null,"doc_to_text":"question",)"
      R"("doc_to_choice":"choices","doc_to_target":"answer","gen_prefix":null,)"
      R"("fewshot_delimiter":"\n\n","target_delimiter":" "},"num_fewshot":2,)"
      R"("metric_list":[{"metric":"acc"}],"output_type":"multiple_choice","repeats":1,)"
      R"("should_decontaminate":false,)"
      R"("metadata":{"version":2.0,"pretrained":"M","dtype":"float32"}})");
}

TEST(EffectiveConfig, SaysHowAnswersAreGenerated) {
  const Json given = {{"task", "gc"}, {"generation_kwargs", {{"max_gen_toks", 6}}}};
  EXPECT_EQ(effective_config(given, 0, {}, {})["generation_kwargs"].dump(),
            R"({"max_gen_toks":6,"until":["\n\n"]})");
  const Json none = {{"task", "gc"}, {"fewshot_delimiter", "##"}};
  EXPECT_EQ(effective_config(none, 0, {}, {{"max_gen_toks", 9}})["generation_kwargs"].dump(),
            R"({"temperature":0.0,"do_sample":false,"max_gen_toks":9,"until":["##"]})");
}

TEST(EffectiveConfig, WhatTheFileSaysOfTheShotsStays) {
  const Json file = {{"task", "x"},
                     {"doc_to_text", "a"},
                     {"fewshot_config", {{"sampler", "first_n"}, {"doc_to_text", "b"}}},
                     {"tag", "ours"},
                     {"cluster", "story"}};
  const Json config = effective_config(file, 0, {}, {});
  EXPECT_EQ(config["fewshot_config"]["sampler"], "first_n");
  EXPECT_EQ(config["fewshot_config"]["doc_to_text"], "b");
  EXPECT_EQ(config["tag"], "ours");
  EXPECT_EQ(config["cluster"], "story");
}

}  // namespace
}  // namespace flm
