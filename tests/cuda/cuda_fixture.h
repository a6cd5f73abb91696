// What the tests of the CUDA backend share: engines on the emulated device, requests, checkpoints.
#pragma once

#include <string>
#include <vector>

#include "tests/cuda/emulation/block.h"
#include "tests/cuda/emulation/stream_queue.h"
#include "tests/engine/compute/fixture.h"

namespace flm::test {

inline const std::vector<std::string> kCheckpoints = {"teleflm-mup/safetensors", "teleflm-nomup",
                                                      "teleflm-odd-bin",         "llama-gqa-tied",
                                                      "llama-rope-linear",       "llama-bias"};

inline std::unique_ptr<Engine> open_cuda(const std::string& model, Precision precision,
                                         double memory_gib = 0) {
  static SilentProgress silent;
  EngineOptions options;
  options.model = model;
  options.device = "cuda";
  options.precision = precision;
  options.threads = 2;
  options.memory_gib = memory_gib;
  return Engine::open(options, silent);
}

/// Lengths around a tile's border, shared stems, answers of one and two tokens, top k.
inline std::vector<ScoreRequest> few_requests(std::int32_t vocab) {
  std::vector<ScoreRequest> requests;
  const std::vector<std::int32_t> stem = random_ids(70, vocab, 5);
  for (std::int32_t tail : {1, 2, 9}) {
    std::vector<std::int32_t> tokens = stem;
    for (std::int32_t id : random_ids(static_cast<std::size_t>(tail), vocab, 40))
      tokens.push_back(id + 0);
    tokens.back() = (tokens.back() + tail) % vocab;
    requests.push_back({tokens, 66, 0});
  }
  for (std::size_t length : {2u, 64u, 66u})
    requests.push_back({random_ids(length, vocab, static_cast<std::uint32_t>(length)), 1, 3});
  return requests;
}

}  // namespace flm::test
