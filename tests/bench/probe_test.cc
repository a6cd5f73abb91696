// The probes that need no device: the workload of an MMLU, stored synthetic weights, the command
// line.
#include "bench/probe/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "bench/probe/mmlu_ids.h"
#include "bench/probe/store_weights.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/engine.h"
#include "engine/scoring/prefix_trie.h"
#include "tests/error_of.h"
#include "tests/harness/program.h"

namespace flm::bench {
namespace {

namespace fs = std::filesystem;
using flm::testing::Scratch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Prompt = std::vector<std::int32_t>;

std::vector<Prompt> prompts_of(const std::vector<MmluSubject>& shape) {
  std::vector<Prompt> prompts;
  for_each_mmlu_prompt(
      shape, [&](std::span<const std::int32_t> p) { prompts.emplace_back(p.begin(), p.end()); });
  return prompts;
}

std::size_t shared(const Prompt& a, const Prompt& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

TEST(MmluIds, ABranchSharesWhatTheTableSays) {
  const std::vector<Prompt> prompts =
      prompts_of(parse_mmlu_shape("# x\na 5 0 3 2b 0(4) 9\nb 4 2 1 1a\n"));
  ASSERT_EQ(prompts.size(), 6u);
  std::vector<std::size_t> lengths, with_the_one_before;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    lengths.push_back(prompts[i].size());
    if (i > 0) with_the_one_before.push_back(shared(prompts[i - 1], prompts[i]));
  }
  EXPECT_THAT(lengths, ElementsAre(8, 9, 9, 14, 5, 6));
  EXPECT_THAT(with_the_one_before, ElementsAre(7, 9, 5, 2, 5));
  EXPECT_EQ(prompts[1], prompts[2]);
}

TEST(MmluIds, BrokenTablesAreRefused) {
  EXPECT_THAT(error_of([] { parse_mmlu_shape("# x\na 5 0 3\nb 4 x 1\n"); }),
              HasSubstr("mmlu_shape.txt:3: no number: x"));
  EXPECT_THAT(error_of([] { parse_mmlu_shape("a 5 0 3(4\n"); }), HasSubstr(":1: no question: 3(4"));
  EXPECT_THAT(error_of([] { parse_mmlu_shape("a 5 0 3bc\n"); }), HasSubstr(":1: no question: 3bc"));
  EXPECT_THAT(error_of([] { prompts_of(parse_mmlu_shape("a 5 0 3 1(9)\n")); }),
              HasSubstr("shares more"));
}

/// The figures are those of the real prompts (scripts/mmlu-shape counts them before it writes the
/// table).
TEST(MmluIds, TheTrieIsThatOfTheRealOne) {
  const std::vector<MmluSubject> shape = mmlu_shape();
  EXPECT_EQ(shape.size(), 57u);
  std::vector<ScoreRequest> requests;
  std::size_t tokens = 0;
  std::set<std::int32_t> ids;
  for (Prompt& prompt : prompts_of(shape)) {
    tokens += prompt.size();
    ids.insert(prompt.begin(), prompt.end());
    const auto scored = static_cast<std::int32_t>(prompt.size());
    prompt.push_back(kMmluChoices[0]);
    requests.push_back({std::move(prompt), scored, 0});
  }
  EXPECT_EQ(requests.size(), 14042u);
  EXPECT_EQ(tokens, 10848249u);
  EXPECT_EQ(PrefixTrie(requests).nodes(), 1474773);
  EXPECT_GT(*ids.begin(), kMmluChoices[3]);
  EXPECT_LT(*ids.rbegin(), kMmluVocabulary);
}

TEST(MmluIds, RequestsAreWritten) {
  const Scratch scratch;
  std::ostringstream lines;
  write_mmlu_ids(parse_mmlu_shape("a 5 0 3 2b\n"), scratch.path(), lines);
  EXPECT_EQ(
      lines.str(),
      "subjects 1 subjects\nprompts 2 prompts\nrequests 8 requests\nprompt_tokens 17 tokens\n");
  std::istringstream file(read_file(scratch / "mmlu-ids.jsonl"));
  std::vector<Prompt> requests;
  for (std::string line; std::getline(file, line);) {
    const Json request = parse_json(line, "line");
    EXPECT_EQ(request["id"], requests.size());
    requests.push_back(request["tokens"].get<Prompt>());
    EXPECT_EQ(request["first_scored"], requests.back().size() - 1);
  }
  ASSERT_EQ(requests.size(), 8u);
  std::set<std::int32_t> choices;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(shared(requests[i], requests[0]), i == 0 ? 9u : 8u);
    choices.insert(requests[i].back());
  }
  EXPECT_EQ(choices.size(), 4u);
  EXPECT_EQ(requests[4].size(), 10u);
}

std::vector<ScoreResult> scores(const std::string& model) {
  SilentProgress progress;
  EngineOptions options;
  options.model = model;
  options.threads = 2;
  const auto engine = Engine::open(options, progress);
  const std::vector<ScoreRequest> requests = {{{5, 9, 3, 700, 4095, 2, 11}, 1, 2},
                                              {{5, 9, 3, 1, 2}, 1, 0}};
  std::vector<ScoreResult> results(requests.size());
  const std::atomic<bool> stop = false;
  EXPECT_TRUE(engine->score(
      requests, [&](std::size_t i, ScoreResult&& result) { results[i] = std::move(result); }, [] {},
      stop));
  return results;
}

/// In several shards, one of them with parts of two layers, read back as files: the synthetic
/// model's bits.
TEST(StoreWeights, TheFolderIsTheSyntheticModel) {
  const Scratch scratch;
  setenv("XDG_CACHE_HOME", (scratch / "cache").c_str(), 1);
  const fs::path folder = scratch / "stored";
  fs::create_directory(folder);
  std::ostringstream lines;
  // The embedding, 524,288 bytes; a layer of 99,072 and 16,512 of the next one; its rest; the head.
  store_weights("synthetic:tiny?seed=3&layers=2", folder, lines, 120'000);
  EXPECT_THAT(lines.str(), HasSubstr("shards 4 files"));
  EXPECT_TRUE(fs::exists(folder / "model-00002-of-00004.safetensors"));
  const auto expected = scores("synthetic:tiny?seed=3&layers=2");
  const auto stored = scores(folder);
  ASSERT_EQ(stored.size(), expected.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    EXPECT_EQ(stored[i].logprobs, expected[i].logprobs);
    EXPECT_EQ(stored[i].argmax, expected[i].argmax);
    EXPECT_EQ(stored[i].top, expected[i].top);
  }
}

TEST(StoreWeights, EveryPresetIsReadBack) {
  const Scratch scratch;
  for (const char* preset :
       {"tele-flm-52b", "tele-flm-mup-283m", "llama-160m", "llama-8b", "tiny"}) {
    ModelConfig config;
    WeightTable::synthetic(std::string("synthetic:") + preset, &config);
    scratch.write("config.json", config_json(config));
    const ModelConfig read = read_model_config(scratch.path());
    EXPECT_EQ(read.model_type, config.model_type) << preset;
    EXPECT_EQ(std::tie(read.layers, read.hidden, read.intermediate, read.heads, read.kv_heads,
                       read.head_dim, read.vocab_rows, read.max_positions),
              std::tie(config.layers, config.hidden, config.intermediate, config.heads,
                       config.kv_heads, config.head_dim, config.vocab_rows, config.max_positions))
        << preset;
    EXPECT_EQ(
        std::tie(read.norm_eps, read.rope_theta, read.embedding_scale, read.residual_scale,
                 read.attention_scale, read.logit_scale, read.eos_ids, read.tied, read.torch_dtype,
                 read.rope.type, read.rope.original_max_position),
        std::tie(config.norm_eps, config.rope_theta, config.embedding_scale, config.residual_scale,
                 config.attention_scale, config.logit_scale, config.eos_ids, config.tied,
                 config.torch_dtype, config.rope.type, config.rope.original_max_position))
        << preset;
  }
}

TEST(StoreWeights, WhatIsThereIsNotOverwritten) {
  const Scratch scratch;
  std::ostringstream lines;
  store_weights("synthetic:tiny", scratch.path(), lines);
  EXPECT_THAT(error_of([&] { store_weights("synthetic:tiny", scratch.path(), lines); }),
              HasSubstr("has weights already"));
  EXPECT_THAT(error_of([&] { store_weights("", scratch.path(), lines); }),
              HasSubstr("--model synthetic:PRESET"));
}

TEST(ProbeCommand, UsersErrorsAreTwo) {
  const Scratch scratch;
  std::ostringstream lines;
  EXPECT_EQ(run_probe_command_line({"sing"}, lines), 2);
  EXPECT_EQ(run_probe_command_line({}, lines), 2);
  EXPECT_EQ(run_probe_command_line({"store-weights", "--out", scratch.path()}, lines), 2);
  EXPECT_EQ(run_probe_command_line({"mmlu-ids", "--out", "/dev/null/x"}, lines), 2);
  EXPECT_EQ(lines.str(), "");
  const std::string folder = scratch / "made/here";
  EXPECT_EQ(run_probe_command_line(
                {"store-weights", "--out", folder, "--model", "synthetic:tiny?layers=1"}, lines),
            0);
  EXPECT_TRUE(fs::exists(folder + "/config.json"));
}

}  // namespace
}  // namespace flm::bench
