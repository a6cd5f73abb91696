#include "engine/model/rank_group.h"

#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/errors.h"
#include "engine/backend/backend.h"
#include "engine/parallel/rank_threads.h"
#include "engine/parallel/shard.h"

namespace flm {
namespace {

class GroupKv : public KvStorage {
 public:
  explicit GroupKv(std::size_t ranks) : parts(ranks) {}
  std::int32_t slots() const override { return parts[0]->slots(); }
  std::vector<std::unique_ptr<KvStorage>> parts;
};

/// One answer for all ranks: of the first that asks at a layer.
class CommonAnswers {
 public:
  explicit CommonAnswers(const std::function<bool(double)>& go_on) : go_on_(go_on) {}
  bool go_on(double done) {
    const std::lock_guard lock(mutex_);
    const auto [answer, first] = answers_.try_emplace(done);
    if (first) answer->second = go_on_(done);
    return answer->second;
  }

 private:
  const std::function<bool(double)>& go_on_;
  std::mutex mutex_;
  std::map<double, bool> answers_;  // every rank computes the same share
};

class RankGroup : public Model {
 public:
  RankGroup(const ModelConfig& config, const std::shared_ptr<WeightTable>& weights,
            std::vector<std::unique_ptr<Backend>> backends, const ModelOptions& options)
      : communicators_(make_thread_communicators(static_cast<int>(backends.size()))),
        ranks_(backends.size()),
        threads_(static_cast<int>(backends.size())) {
    for (std::size_t r = 0; r < ranks_.size(); ++r)
      ranks_[r] =
          Model::create(config, weights, *communicators_[r], std::move(backends[r]), options);
  }

  void load_weights() override {
    on_all_ranks([&](std::size_t r) { ranks_[r]->load_weights(); });
  }

  std::optional<std::vector<HeadAnswer>> score(const PackedBatch& batch,
                                               std::span<const HeadQuery> queries,
                                               const PassControl& control) override {
    std::optional<std::vector<HeadAnswer>> answers;
    CommonAnswers common(control.go_on);
    PassControl shared = control;
    if (control.go_on) shared.go_on = [&](double done) { return common.go_on(done); };
    on_all_ranks([&](std::size_t r) {
      auto mine = ranks_[r]->score(batch, queries, shared);
      if (r == 0) answers = std::move(mine);
    });
    return answers;
  }

  std::unique_ptr<KvStorage> make_kv_storage(std::int32_t slots) override {
    auto group = std::make_unique<GroupKv>(ranks_.size());
    for (std::size_t r = 0; r < ranks_.size(); ++r)
      group->parts[r] = ranks_[r]->make_kv_storage(slots);
    return group;
  }

  const std::vector<float>& forward(const PackedBatch& batch, KvStorage& storage) override {
    auto& group = dynamic_cast<GroupKv&>(storage);
    const std::vector<float>* logits = nullptr;
    on_all_ranks([&](std::size_t r) {
      const std::vector<float>& mine = ranks_[r]->forward(batch, *group.parts[r]);
      if (r == 0) logits = &mine;
    });
    return *logits;
  }

  std::vector<SampledToken> sample(const PackedBatch& batch, KvStorage& storage,
                                   std::span<const SampleQuery> queries) override {
    auto& group = dynamic_cast<GroupKv&>(storage);
    std::vector<SampledToken> tokens;
    on_all_ranks([&](std::size_t r) {
      auto mine = ranks_[r]->sample(batch, *group.parts[r], queries);
      if (r == 0) tokens = std::move(mine);
    });
    return tokens;
  }

  float log_sum_exp(std::span<const float> logits) const override {
    return ranks_[0]->log_sum_exp(logits);
  }

 private:
  /// After an error the ranks do not know how far the others are: the group answers no more calls,
  /// and tells each the first error.
  void on_all_ranks(const std::function<void(std::size_t)>& f) {
    if (error_) std::rethrow_exception(error_);
    try {
      threads_.run([&](int rank) { f(static_cast<std::size_t>(rank)); },
                   [&](int rank) {
                     communicators_[static_cast<std::size_t>(rank)]->abort("a rank failed");
                   });
    } catch (...) {
      error_ = std::current_exception();
      throw;
    }
  }

  std::vector<std::unique_ptr<Communicator>> communicators_;
  std::vector<std::unique_ptr<Model>> ranks_;
  std::exception_ptr error_;
  RankThreads threads_;  // last: they end before what they use
};

}  // namespace

std::unique_ptr<Model> make_rank_group(const ModelConfig& config,
                                       std::shared_ptr<WeightTable> weights,
                                       std::vector<std::unique_ptr<Backend>> backends,
                                       const ModelOptions& options) {
  check_ranks(config, static_cast<int>(backends.size()));
  return std::make_unique<RankGroup>(config, weights, std::move(backends), options);
}

}  // namespace flm
