#include "engine/model/weights/weight_provider.h"

#include <future>
#include <utility>

#include "engine/model/weights/layer_packer.h"

namespace flm {
namespace {

class ResidentWeights : public WeightProvider {
 public:
  ResidentWeights(LayerPacker packer, int layers)
      : packer_(std::move(packer)), layers_(static_cast<std::size_t>(layers)) {}

  std::shared_ptr<const LayerWeights> layer(int index) override {
    auto& kept = layers_.at(static_cast<std::size_t>(index));
    if (!kept) kept = packer_.layer(index);
    return kept;
  }
  std::shared_ptr<const HeadWeights> head() override {
    if (!head_) head_ = packer_.head();
    return head_;
  }
  void prefetch(int) override {}
  void prefetch_head() override {}

 private:
  LayerPacker packer_;
  std::vector<std::shared_ptr<const LayerWeights>> layers_;
  std::shared_ptr<const HeadWeights> head_;
};

class StreamedWeights : public WeightProvider {
 public:
  explicit StreamedWeights(LayerPacker packer) : packer_(std::move(packer)) {}

  std::shared_ptr<const LayerWeights> layer(int index) override {
    if (next_.valid()) {
      std::shared_ptr<const LayerWeights> ready = next_.get();
      if (next_index_ == index) return ready;
    }
    return packer_.layer(index);
  }
  std::shared_ptr<const HeadWeights> head() override {
    return next_head_.valid() ? next_head_.get() : packer_.head();
  }
  void prefetch(int index) override {
    next_index_ = index;
    next_ = std::async(std::launch::async, [this, index] { return packer_.layer(index); });
  }
  void prefetch_head() override {
    next_head_ = std::async(std::launch::async, [this] { return packer_.head(); });
  }

 private:
  LayerPacker packer_;
  int next_index_ = -1;
  // They wait for their threads when destroyed: last members.
  std::future<std::shared_ptr<const LayerWeights>> next_;
  std::future<std::shared_ptr<const HeadWeights>> next_head_;
};

}  // namespace

std::unique_ptr<PackedWeight> pack_embedding(const ModelConfig& config, const WeightTable& table,
                                             const Backend& backend) {
  MatrixSlice slice = whole_matrix(table, config.names.embedding + ".weight", backend);
  slice.name.clear();  // packed once: a backend need not keep what it reads
  return backend.pack_table(slice);
}

std::unique_ptr<WeightProvider> make_resident_weights(const ModelConfig& config,
                                                      std::shared_ptr<WeightTable> table,
                                                      const ShardPlan& shard,
                                                      const Backend& backend) {
  return std::make_unique<ResidentWeights>(LayerPacker(config, std::move(table), shard, backend),
                                           config.layers);
}

std::unique_ptr<WeightProvider> make_streamed_weights(const ModelConfig& config,
                                                      std::shared_ptr<WeightTable> table,
                                                      const ShardPlan& shard,
                                                      const Backend& backend) {
  return std::make_unique<StreamedWeights>(LayerPacker(config, std::move(table), shard, backend));
}

}  // namespace flm
