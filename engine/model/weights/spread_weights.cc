#include "engine/model/weights/spread_weights.h"

#include <utility>

#include "engine/model/weights/layer_packer.h"

namespace flm {

/// One model's end. Norms and biases are its own; copies of matrices are asked for and not waited
/// for, so that no thread is needed to be one layer ahead.
class SpreadWeights::Reader : public WeightProvider {
 public:
  Reader(SpreadWeights& spread, std::size_t beside, const Backend& backend)
      : spread_(spread),
        beside_(beside),
        backend_(backend),
        packer_(spread.config_, spread.table_, ShardPlan(spread.config_, 0, 1), backend),
        vectors_(static_cast<std::size_t>(spread.config_.layers)) {}

  std::shared_ptr<const LayerWeights> layer(int index) override {
    const std::shared_ptr<const LayerWeights> ready = std::move(next_);
    return ready && next_index_ == index ? ready : read_layer(index);
  }
  std::shared_ptr<const HeadWeights> head() override {
    const std::shared_ptr<const HeadWeights> ready = std::move(next_head_);
    return ready ? ready : read_head();
  }
  void prefetch(int index) override {
    next_index_ = index;
    next_ = read_layer(index);
  }
  void prefetch_head() override { next_head_ = read_head(); }

 private:
  std::shared_ptr<const LayerWeights> read_layer(int index) {
    auto& vectors = vectors_.at(static_cast<std::size_t>(index));
    if (!vectors) vectors = std::make_unique<LayerVectors>(packer_.vectors(index));
    auto mine = std::make_shared<LayerWeights>();
    static_cast<LayerVectors&>(*mine) = *vectors;
    const std::shared_ptr<const LayerWeights> kept = spread_.layer(index);
    const std::size_t keeper = spread_.keeper_of(index);
    mine->qkv = read(keeper, *kept->qkv);
    mine->o = read(keeper, *kept->o);
    mine->gate_up = read(keeper, *kept->gate_up);
    mine->down = read(keeper, *kept->down);
    return mine;
  }

  std::shared_ptr<const HeadWeights> read_head() {
    if (norm_.weight.size == 0) norm_ = packer_.head_norm();
    auto mine = std::make_shared<HeadWeights>();
    mine->norm = norm_;
    mine->head = read(spread_.keeper_of_head(), *spread_.head()->head);
    return mine;
  }

  std::unique_ptr<PackedWeight> read(std::size_t keeper, const PackedWeight& kept) const {
    return keeper == beside_ ? backend_.borrow(kept) : backend_.copy(kept);
  }

  SpreadWeights& spread_;
  const std::size_t beside_;
  const Backend& backend_;
  const LayerPacker packer_;
  std::vector<std::unique_ptr<LayerVectors>> vectors_;  // of each layer, once read
  PackedNorm norm_;                                     // of the head
  int next_index_ = -1;
  std::shared_ptr<const LayerWeights> next_;
  std::shared_ptr<const HeadWeights> next_head_;
};

SpreadWeights::SpreadWeights(const ModelConfig& config, std::shared_ptr<WeightTable> table,
                             std::vector<std::unique_ptr<Backend>> keepers)
    : config_(config), table_(std::move(table)) {
  for (auto& backend : keepers) {
    auto keeper = std::make_unique<Keeper>();
    keeper->backend = std::move(backend);
    keeper->weights =
        make_resident_weights(config_, table_, ShardPlan(config_, 0, 1), *keeper->backend);
    keepers_.push_back(std::move(keeper));
  }
}

void SpreadWeights::load() {
  for (int index = 0; index < config_.layers; ++index) (void)layer(index);
  (void)head();
}

std::unique_ptr<WeightProvider> SpreadWeights::provider(int beside, const Backend& backend) {
  return std::make_unique<Reader>(*this, static_cast<std::size_t>(beside), backend);
}

std::shared_ptr<const LayerWeights> SpreadWeights::layer(int index) {
  Keeper& keeper = *keepers_[keeper_of(index)];
  const std::lock_guard lock(keeper.mutex);
  return keeper.weights->layer(index);
}

std::shared_ptr<const HeadWeights> SpreadWeights::head() {
  Keeper& keeper = *keepers_[keeper_of_head()];
  const std::lock_guard lock(keeper.mutex);
  return keeper.weights->head();
}

}  // namespace flm
