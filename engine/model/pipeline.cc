#include "engine/model/pipeline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/errors.h"
#include "engine/backend/backend.h"
#include "engine/backend/model_cost.h"
#include "engine/model/workspace.h"
#include "engine/parallel/communicator.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

/// Layers of one device; one batch at a time.
struct Stage {
  std::mutex mutex;
  std::unique_ptr<Communicator> communicator;
  std::unique_ptr<Model> model;
};
using Stages = std::vector<std::unique_ptr<Stage>>;

class StagedKv : public KvStorage {
 public:
  StagedKv(const Stages& stages, std::int32_t slots) : stages_(stages) {
    for (const auto& stage : stages) {
      const std::lock_guard lock(stage->mutex);
      parts_.push_back(stage->model->make_kv_storage(slots));
    }
  }
  ~StagedKv() override {
    for (std::size_t s = 0; s < parts_.size(); ++s) {
      const std::lock_guard lock(stages_[s]->mutex);
      parts_[s].reset();
    }
  }
  std::int32_t slots() const override { return parts_.front()->slots(); }
  GenerationKv& part(std::size_t stage) { return dynamic_cast<GenerationKv&>(*parts_[stage]); }
  /// The rows that stage has left go to the next one.
  void hand_on(std::size_t stage) {
    if (stage + 1 < parts_.size()) part(stage + 1).stream.swap(part(stage).stream);
  }

 private:
  const Stages& stages_;
  std::vector<std::unique_ptr<KvStorage>> parts_;
};

/// One batch's way through the stages.
class StagedModel : public Model {
 public:
  explicit StagedModel(std::shared_ptr<const Stages> stages) : stages_(std::move(stages)) {}

  void load_weights() override {
    for (const auto& stage : *stages_) {
      const std::lock_guard lock(stage->mutex);
      stage->model->load_weights();
    }
  }

  std::optional<std::vector<HeadAnswer>> score(const PackedBatch& batch,
                                               std::span<const HeadQuery> queries,
                                               const PassControl& control) override {
    std::vector<float> stream;
    PassControl passing = control;
    passing.stream = &stream;
    std::optional<std::vector<HeadAnswer>> answers;
    for (const auto& stage : *stages_) {
      const std::lock_guard lock(stage->mutex);
      answers = stage->model->score(batch, queries, passing);
      if (!answers) break;
    }
    return answers;
  }

  std::unique_ptr<KvStorage> make_kv_storage(std::int32_t slots) override {
    return std::make_unique<StagedKv>(*stages_, slots);
  }

  const std::vector<float>& forward(const PackedBatch& batch, KvStorage& storage) override {
    const std::vector<float>* logits = nullptr;
    through_all(storage,
                [&](Model& model, GenerationKv& kv) { logits = &model.forward(batch, kv); });
    return *logits;
  }

  std::vector<SampledToken> sample(const PackedBatch& batch, KvStorage& storage,
                                   std::span<const SampleQuery> queries) override {
    std::vector<SampledToken> tokens;
    through_all(storage,
                [&](Model& model, GenerationKv& kv) { tokens = model.sample(batch, kv, queries); });
    return tokens;
  }

  float log_sum_exp(std::span<const float> logits) const override {
    const std::lock_guard lock(stages_->back()->mutex);
    return stages_->back()->model->log_sum_exp(logits);
  }

 private:
  template <class Run>
  void through_all(KvStorage& storage, const Run& run) const {
    auto& staged = dynamic_cast<StagedKv&>(storage);
    for (std::size_t s = 0; s < stages_->size(); ++s) {
      {
        const std::lock_guard lock((*stages_)[s]->mutex);
        run(*(*stages_)[s]->model, staged.part(s));
      }
      staged.hand_on(s);
    }
  }

  const std::shared_ptr<const Stages> stages_;
};

}  // namespace

std::vector<Range> stages_of(const ModelConfig& config, int stages) {
  const ModelFlops flops = flops_of(config);
  const double head = flops.head_row / (flops.row / config.layers);  // layers
  std::int64_t last = config.layers;
  double longest = std::numeric_limits<double>::infinity();
  const std::int64_t before = stages - 1;
  for (std::int64_t of_last = 1; before > 0 && of_last <= config.layers - before; ++of_last) {
    const double others = std::ceil(static_cast<double>(config.layers - of_last) / before);
    const double found = std::max(others, static_cast<double>(of_last) + head);
    if (found > longest) continue;
    longest = found;
    last = of_last;
  }
  std::vector<Range> ranges;
  for (int stage = 0; stage < before; ++stage)
    ranges.push_back(part_of(config.layers - last, stage, stages - 1));
  ranges.push_back({config.layers - last, config.layers});
  return ranges;
}

void check_stages(const ModelConfig& config, int stages) {
  if (stages > config.layers)
    throw UserError("--pipeline-parallel " + std::to_string(stages) + "; this model has " +
                    std::to_string(config.layers) + " layers: use at most as many");
}

std::vector<std::unique_ptr<Model>> make_pipeline(const ModelConfig& config,
                                                  std::shared_ptr<WeightTable> weights,
                                                  std::vector<std::unique_ptr<Backend>> backends,
                                                  const ModelOptions& options) {
  const auto count = static_cast<int>(backends.size());
  check_stages(config, count);
  const std::vector<Range> ranges = stages_of(config, count);
  auto stages = std::make_shared<Stages>();
  for (int s = 0; s < count; ++s) {
    ModelOptions of_stage = options;
    const Range layers = ranges[static_cast<std::size_t>(s)];
    of_stage.first_layer = static_cast<int>(layers.begin);
    of_stage.end_layer = static_cast<int>(layers.end);
    auto stage = std::make_unique<Stage>();
    stage->communicator = make_single_communicator();
    stage->model = Model::create(config, weights, *stage->communicator,
                                 std::move(backends[static_cast<std::size_t>(s)]), of_stage);
    stages->push_back(std::move(stage));
  }
  std::vector<std::unique_ptr<Model>> models;
  for (int s = 0; s < count; ++s) models.push_back(std::make_unique<StagedModel>(stages));
  return models;
}

}  // namespace flm
