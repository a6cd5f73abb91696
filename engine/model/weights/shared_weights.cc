#include "engine/model/weights/shared_weights.h"

#include <utility>

namespace flm {

/// One model's end.
class SharedWeights::Lender : public WeightProvider {
 public:
  explicit Lender(Rank& rank) : rank_(rank) {}
  std::shared_ptr<const LayerWeights> layer(int index) override {
    const std::lock_guard lock(rank_.mutex);
    return rank_.weights->layer(index);
  }
  std::shared_ptr<const HeadWeights> head() override {
    const std::lock_guard lock(rank_.mutex);
    return rank_.weights->head();
  }
  void prefetch(int) override {}  // they stay
  void prefetch_head() override {}

 private:
  Rank& rank_;
};

SharedWeights::SharedWeights(const ModelConfig& config, std::shared_ptr<WeightTable> table,
                             std::unique_ptr<Backend> packer, int ranks)
    : config_(config), table_(std::move(table)), packer_(std::move(packer)) {
  for (int rank = 0; rank < ranks; ++rank) {
    ranks_.push_back(std::make_unique<Rank>());
    ranks_.back()->weights =
        make_resident_weights(config, table_, ShardPlan(config, rank, ranks), *packer_);
  }
}

const PackedWeight& SharedWeights::embedding() {
  const std::lock_guard lock(mutex_);
  if (!embedding_) embedding_ = pack_embedding(config_, *table_, *packer_);
  return *embedding_;
}

std::unique_ptr<WeightProvider> SharedWeights::resident(int rank) {
  return std::make_unique<Lender>(*ranks_.at(static_cast<std::size_t>(rank)));
}

}  // namespace flm
