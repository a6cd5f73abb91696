// What the tests of the CUDA backend share, emulated or on a device: engines, requests,
// checkpoints.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/errors.h"
#include "base/system/machine.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/cuda_device.h"
#include "tests/engine/fixture.h"

namespace flm::test {

inline const std::vector<std::string> kCheckpoints = {"teleflm-mup/safetensors", "teleflm-nomup",
                                                      "teleflm-odd-bin",         "llama-gqa-tied",
                                                      "llama-rope-linear",       "llama-bias"};

/// Why no device can be used; empty where one can.
inline std::string device_missing() {
  try {
    (void)inspect_cuda_device(0);
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

#define FLM_NEED_DEVICE()                                                  \
  if (const std::string why = ::flm::test::device_missing(); !why.empty()) \
  GTEST_SKIP() << "skipped: no GPU is here: " << why

/// On the first device; with host memory to keep weights in where they are streamed.
inline std::unique_ptr<Backend> cuda_backend(bool bf16, bool streamed = false, int threads = 1) {
  const std::int64_t pinned = streamed ? page_locked_bytes(available_memory()) : 0;
  return make_cuda_backend({0, bf16, pinned, threads}, make_cpu_backend(1, ""));
}

inline std::unique_ptr<Model> cuda_model(const ModelConfig& config,
                                         std::shared_ptr<WeightTable> weights,
                                         Communicator& communicator, bool bf16,
                                         bool streamed = false, int threads = 1) {
  return Model::create(config, std::move(weights), communicator,
                       cuda_backend(bf16, streamed, threads), {streamed});
}

inline std::unique_ptr<Engine> open_cuda(const std::string& model, Precision precision,
                                         double memory_gib = 0, int ranks = 1, int stages = 1) {
  static SilentProgress silent;
  EngineOptions options;
  options.model = model;
  options.tensor_parallel = ranks;
  options.pipeline_parallel = stages;
  options.device = "cuda";
  options.precision = precision;
  options.threads = 2;
  options.memory_gib = memory_gib;
  return Engine::open(options, silent);
}

/// Shared stems, lengths around a tile's border, answers of one and two tokens, top k; no longer
/// than the model takes.
inline std::vector<ScoreRequest> few_requests(const EngineInfo& info) {
  std::vector<ScoreRequest> requests;
  const auto most = static_cast<std::size_t>(info.max_length) + 1;
  const std::vector<std::int32_t> stem =
      random_ids(std::min<std::size_t>(70, most - 9), info.vocab_rows, 5);
  for (std::int32_t tail : {1, 2, 9}) {
    std::vector<std::int32_t> tokens = stem;
    for (std::int32_t id : random_ids(static_cast<std::size_t>(tail), info.vocab_rows, 40))
      tokens.push_back(id);
    tokens.back() = (tokens.back() + tail) % info.vocab_rows;
    requests.push_back({tokens, static_cast<std::int32_t>(stem.size()) - 4, 0});
  }
  for (std::size_t length : {2u, 64u, 66u, 150u})
    requests.push_back(
        {random_ids(std::min(length, most), info.vocab_rows, static_cast<std::uint32_t>(length)), 1,
         3});
  return requests;
}

/// Hardly more device memory than the longest request needs.
inline double least_memory(const std::string& model, Precision precision,
                           const std::vector<ScoreRequest>& requests) {
  const auto fits = [&](double gib) {
    try {
      (void)open_cuda(model, precision, gib)->plan(requests);
      return true;
    } catch (const UserError&) {
      return false;
    }
  };
  double gib = 0.0002;
  while (!fits(gib * 1.2)) gib *= 1.2;
  while (!fits(gib)) gib *= 1.01;
  return gib;
}

/// One token a step through scattered pages, from position `prompt` on.
inline std::vector<float> decode(Model& model, const std::vector<std::int32_t>& tokens,
                                 std::size_t prompt) {
  const auto storage = model.make_kv_storage(512);
  const std::vector<std::int32_t> pages = {5, 2, 7, 0};
  std::vector<float> logprobs;
  const auto step = [&](std::size_t begin, std::size_t end) {
    PackedBatch batch;
    for (std::size_t page = 0; page * 64 < end; ++page)
      batch.segments.push_back(
          {pages[page] * 64, static_cast<std::int32_t>(page) * 64,
           static_cast<std::int32_t>(std::min<std::size_t>(64, end - page * 64))});
    for (std::size_t p = begin; p < end; ++p) {
      batch.ids.push_back(tokens[p]);
      batch.positions.push_back(static_cast<std::int32_t>(p));
      batch.slots.push_back(pages[p / 64] * 64 + static_cast<std::int32_t>(p % 64));
      batch.path_begin.push_back(0);
      batch.path_count.push_back(static_cast<std::int32_t>(batch.segments.size()));
    }
    batch.head_rows = {static_cast<std::int32_t>(end - begin) - 1};
    const std::vector<float> logits = model.forward(batch, *storage);
    if (end < tokens.size())
      logprobs.push_back(logits[static_cast<std::size_t>(tokens[end])] - model.log_sum_exp(logits));
  };
  step(0, prompt);
  for (std::size_t p = prompt; p + 1 < tokens.size(); ++p) step(p, p + 1);
  return logprobs;
}

/// Two prompts that share a page of 64, a short one and a sampled one.
inline std::vector<GenerateRequest> some_requests(std::int32_t vocab) {
  std::vector<GenerateRequest> requests(4);
  for (GenerateRequest& request : requests) {
    request.prompt = random_ids(65, vocab, 9);
    request.max_new_tokens = 4;
  }
  requests[1].prompt.push_back(7);
  requests[2].prompt.resize(3);
  requests[3].sampling.temperature = 0.8;
  requests[3].sampling.top_p = 0.9;
  requests[1].sampling.repetition_penalty = 1.3;
  return requests;
}

}  // namespace flm::test
