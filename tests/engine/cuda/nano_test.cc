// The trained nano model end to end against its float64 reference (models/nano/reference.json):
// whole documents and greedy continuations, on a device where one is, else on the emulation.
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "engine/tokenizer.h"
#include "harness/proof/oracle.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

const std::filesystem::path kNano = FLM_NANO_DIR;

/// Texts of a domain in the order of the reference.
std::vector<std::string> texts_of(const std::string& domain) {
  std::vector<std::string> texts;
  std::ifstream file(kNano / "bpb" / (domain + ".jsonl"));
  for (std::string line; std::getline(file, line);)
    texts.push_back(parse_json(line, "a document").at("text").get<std::string>());
  return texts;
}

/// Documents that one window holds: [</s>] + ids, every token scored.
TEST(CudaNano, DocumentsHaveTheReferencesLogLikelihood) {
  FLM_NEED_NANO();
  FLM_NEED_DEVICE();
  const Json reference = read_json_file(kNano / "reference.json");
  const auto expected = reference["checkpoints"]["step_01600"]["domains"]["en/stackexchange"]
                                 ["rolling"]["document_nll_nats"]
                                     .get<std::vector<double>>();
  const auto texts = texts_of("en/stackexchange");
  ASSERT_EQ(texts.size(), expected.size());
  const auto tokenizer = Tokenizer::open({nano(), AddBos::kOff});
  std::vector<ScoreRequest> requests;
  const std::vector<std::size_t> documents = {3, 6};  // of 187 and 162 tokens
  for (std::size_t document : documents) {
    ScoreRequest request{{2}, 1, 0};
    for (std::int32_t id : tokenizer->encode_ids(texts[document], false))
      request.tokens.push_back(id);
    requests.push_back(request);
  }
  const auto oracle = open_engine(nano());
  for (Precision precision : {Precision::kFp32, Precision::kBf16}) {
    const auto engine = open_cuda(nano(), precision);
    const auto results = score_all(*engine, requests);
    const RoundingModel rounding(engine->info(), oracle->info());
    for (std::size_t i = 0; i < documents.size(); ++i) {
      const auto tokens = static_cast<double>(results[i].logprobs.size());
      const double nll = expected[documents[i]];
      EXPECT_NEAR(-results[i].sum(), nll, 6 * rounding.deviation(nll / tokens) * std::sqrt(tokens))
          << "document " << documents[i];
    }
  }
}

/// fp32 takes the reference's ids as far as they are looked at; the smallest lead is 0.012.
TEST(CudaNano, GreedyContinuationsAreTheReferences) {
  FLM_NEED_NANO();
  FLM_NEED_DEVICE();
  constexpr int kTokens = 12;
  const Json prompts = read_json_file(kNano / "reference.json")["greedy"]["prompts"];
  const auto tokenizer = Tokenizer::open({nano(), AddBos::kOff});
  std::vector<GenerateRequest> requests;
  for (const Json& prompt : prompts) {
    GenerateRequest request;
    request.prompt = prompt["ids"].get<std::vector<std::int32_t>>();
    request.max_new_tokens = kTokens;
    requests.push_back(request);
  }
  const auto engine = open_cuda(nano(), Precision::kFp32);
  std::vector<std::vector<std::int32_t>> found(requests.size());
  const std::atomic<bool> stop = false;
  EXPECT_TRUE(engine->generate(
      requests, *tokenizer,
      [&](std::size_t i, GenerateResult&& result) { found[i] = result.tokens; }, [] {}, stop));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto expected = prompts[i]["continuation_ids"].get<std::vector<std::int32_t>>();
    expected.resize(kTokens);
    EXPECT_EQ(found[i], expected) << prompts[i]["prompt"];
  }
}

}  // namespace
}  // namespace flm::test
