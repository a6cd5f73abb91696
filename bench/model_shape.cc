#include "bench/model_shape.h"

namespace flm::bench {

std::vector<ModelShape> model_shapes() {
  std::vector<ModelShape> shapes;
  for (int ranks : {1, 2, 4, 8})  // the published vocabulary is padded to 80,384 rows
    shapes.push_back({"52b-tp" + std::to_string(ranks), 8192, 64 / ranks, 64 / ranks, 128,
                      21824 / ranks, 80384 / ranks, ranks});
  shapes.push_back({"mup-283m", 512, 4, 4, 128, 1344, 80000, 1});
  shapes.push_back({"smollm2-135m", 576, 9, 3, 64, 1536, 49152, 1});
  return shapes;
}

}  // namespace flm::bench
