// The models whose layers the rows are taken from, as one rank of tensor parallel sees them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flm::bench {

struct ModelShape {
  std::string name;
  std::int64_t hidden = 0, heads = 0, kv_heads = 0, head_dim = 0, intermediate = 0, vocabulary = 0;
  int tensor_parallel = 1;

  std::int64_t q() const { return heads * head_dim; }
  std::int64_t kv() const { return kv_heads * head_dim; }
};

/// Tele-FLM 52B at 1, 2, 4 and 8 ranks, the 283M µP model, SmolLM2-135M.
std::vector<ModelShape> model_shapes();

}  // namespace flm::bench
