#include <utility>

#include "engine/model/pipeline.h"
#include "engine/model/rank_group.h"
#include "engine/parallel/communicator.h"
#include "engine/replicas/replica.h"

namespace flm {
namespace {

class LocalReplica : public Replica {
 public:
  LocalReplica(std::unique_ptr<Communicator> communicator, std::unique_ptr<Model> model)
      : communicator_(std::move(communicator)), model_(std::move(model)) {}
  void load_weights() override { model_->load_weights(); }
  std::optional<std::vector<HeadAnswer>> score(const PackedBatch& batch,
                                               std::span<const HeadQuery> queries,
                                               const PassControl& control) override {
    return model_->score(batch, queries, control);
  }
  bool generate(std::span<const GenerateRequest> requests, const Tokenizer& tokenizer,
                const GeneratorLimits& limits, const GenerateSink& sink, const BatchSink& commit,
                const std::atomic<bool>& stop, GeneratorCounters& counters) override {
    return run_generation(*model_, requests, tokenizer, limits, sink, commit, stop, &counters);
  }

 private:
  const std::unique_ptr<Communicator> communicator_;  // of a model alone; a group has its own
  const std::unique_ptr<Model> model_;
};

}  // namespace

std::unique_ptr<Replica> make_local_replica(const ModelConfig& config,
                                            std::shared_ptr<WeightTable> weights,
                                            std::vector<std::unique_ptr<Backend>> backends,
                                            const ModelOptions& options) {
  if (backends.size() > 1)
    return std::make_unique<LocalReplica>(
        nullptr, make_rank_group(config, std::move(weights), std::move(backends), options));
  auto alone = make_single_communicator();
  auto model =
      Model::create(config, std::move(weights), *alone, std::move(backends.front()), options);
  return std::make_unique<LocalReplica>(std::move(alone), std::move(model));
}

Replicas make_pipelined_replicas(const ModelConfig& config, std::shared_ptr<WeightTable> weights,
                                 std::vector<std::unique_ptr<Backend>> backends,
                                 const ModelOptions& options) {
  Replicas replicas;
  for (auto& model : make_pipeline(config, std::move(weights), std::move(backends), options))
    replicas.push_back(std::make_unique<LocalReplica>(nullptr, std::move(model)));
  return replicas;
}

}  // namespace flm
