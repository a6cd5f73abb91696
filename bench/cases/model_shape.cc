#include "bench/cases/model_shape.h"

#include "engine/checkpoint/weight_table.h"

namespace flm::bench {

std::vector<ModelShape> model_shapes() {
  std::vector<ModelShape> shapes;
  ModelConfig large;
  (void)WeightTable::synthetic("synthetic:tele-flm-52b", &large);
  for (int ranks : {1, 2, 4, 8})
    shapes.push_back({"52b-tp" + std::to_string(ranks), large.hidden, large.heads / ranks,
                      large.kv_heads / ranks, large.head_dim, large.intermediate / ranks,
                      large.vocab_rows / ranks, ranks});
  shapes.push_back({"mup-283m", 512, 4, 4, 128, 1344, 80000, 1});
  shapes.push_back({"smollm2-135m", 576, 9, 3, 64, 1536, 49152, 1});
  return shapes;
}

}  // namespace flm::bench
