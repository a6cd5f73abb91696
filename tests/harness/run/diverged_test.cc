// A model that has diverged: weights that are finite, logits that are not. No score of it is a
// number.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

/// nano with one down projection at the end of its dtype's range.
std::string diverged(const Scratch& scratch) {
  const std::filesystem::path folder = scratch / "diverged";
  std::filesystem::copy(nano(), folder);
  std::string bytes = slurp(folder / "model.safetensors");
  std::uint64_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  const Json header = parse_json(bytes.substr(8, size), "header");
  const Json& tensor = header.at("model.layers.1.mlp.down_proj.weight");
  const std::string value = tensor.at("dtype") == "BF16" ? std::string("\x61\x7F", 2)
                                                         : std::string("\x99\x76\x61\x7F", 4);
  const auto begin = 8 + size + tensor.at("data_offsets").at(0).get<std::uint64_t>(),
             end = 8 + size + tensor.at("data_offsets").at(1).get<std::uint64_t>();
  for (std::uint64_t at = begin; at < end; at += value.size())
    bytes.replace(at, value.size(), value);
  std::filesystem::remove(folder / "model.safetensors");
  std::ofstream(folder / "model.safetensors", std::ios::binary) << bytes;
  return folder.string();
}

TEST(Diverged, NoScoreOfItIsANumber) {
  Scratch scratch;
  const std::string model = diverged(scratch);
  const std::vector<std::string> words = {"run",
                                          "--model",
                                          model,
                                          "--tasks",
                                          "mmlu_anatomy,truthfulqa_mc1,bpb_en_arxiv,gsm8k",
                                          "--limit",
                                          "3",
                                          "--num-fewshot",
                                          "0",
                                          "--gen-kwargs",
                                          "max_gen_toks=8",
                                          "--store",
                                          "s.db",
                                          "--output",
                                          "a"};
  for (const char* round : {"computed", "from the store"}) {
    const Outcome outcome = run(scratch, words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("not finite"), std::string::npos) << outcome.out;
    const Json results = read_json_file((scratch / "a").string() + "/results.json");
    int scores = 0;
    for (const Json& row : results.at("flmeval").at("rows")) {
      EXPECT_EQ(row.at("n"), 0) << round << ": " << row;
      EXPECT_GT(row.at("failed"), 0) << round << ": " << row;
      for (const Json& score : row.at("scores")) {
        EXPECT_TRUE(score.at("value").is_null()) << round << ": " << row.at("name") << score;
        ++scores;
      }
    }
    EXPECT_GE(scores, 5);
  }
}

TEST(Diverged, ScoreAndGenerateSaySo) {
  Scratch scratch;
  const std::string model = diverged(scratch);
  scratch.write("t.jsonl", "{\"id\": 7, \"tokens\": [3, 4, 5]}\n");
  const Outcome scored = run(scratch, {"score", "--model", model, "--tokens", "t.jsonl"});
  EXPECT_EQ(scored.exit_code, 2);
  const Json line = parse_json(scored.out, "line");
  EXPECT_EQ(line.at("id"), 7);
  EXPECT_NE(line.at("error").get<std::string>().find("the logits for token 1 are not finite"),
            std::string::npos)
      << line;
  const Outcome generated = run(scratch, {"generate", "--model", model, "--prompt", "The"});
  EXPECT_EQ(generated.exit_code, 2);
  EXPECT_NE(generated.err.find("not finite"), std::string::npos) << generated.err;
  EXPECT_EQ(generated.out, "");
}

}  // namespace
}  // namespace flm::testing
