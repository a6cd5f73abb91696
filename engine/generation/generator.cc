#include "engine/generation/generator.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "base/parallel_loop.h"
#include "engine/generation/kv_pages.h"
#include "engine/generation/sequence.h"

namespace flm {
namespace {

/// Tokens of the prompt, then of what is begun, as one sequence.
class InputOrder {
 public:
  explicit InputOrder(const GenerateRequest& request) : request_(request) {}
  std::size_t size() const { return request_.prompt.size() + request_.begun.tokens.size(); }
  std::int32_t operator[](std::size_t at) const {
    const std::size_t prompt = request_.prompt.size();
    return at < prompt ? request_.prompt[at] : request_.begun.tokens[at - prompt];
  }
  bool operator<(const InputOrder& other) const {
    const std::size_t both = std::min(size(), other.size());
    for (std::size_t i = 0; i < both; ++i)
      if ((*this)[i] != other[i]) return (*this)[i] < other[i];
    return size() < other.size();
  }

 private:
  const GenerateRequest& request_;
};

std::vector<std::size_t> sorted_by_inputs(std::vector<std::size_t> indices,
                                          std::span<const GenerateRequest> requests) {
  std::stable_sort(indices.begin(), indices.end(), [&](std::size_t a, std::size_t b) {
    return InputOrder(requests[a]) < InputOrder(requests[b]);
  });
  return indices;
}

/// Pages to make room for: what the limits allow, and no more than all requests could ever fill.
std::int32_t pages_to_plan(std::span<const GenerateRequest> requests,
                           const GeneratorLimits& limits) {
  std::int64_t all = 0;
  for (const GenerateRequest& request : requests)
    all += KvPages::pages_for(positions_needed(request, limits.max_length));
  return static_cast<std::int32_t>(
      std::min<std::int64_t>(all, limits.kv_slots / KvPages::kPageSlots));
}

/// Waiting requests enter in order while there is room; each step runs the pending rows of all
/// running sequences, prompts and decoded tokens alike, in one forward; finished ones leave at
/// once.
class Generation {
 public:
  Generation(Model& model, std::span<const GenerateRequest> requests, const Tokenizer& tokenizer,
             const GeneratorLimits& limits, GeneratorCounters& counters,
             std::vector<std::size_t> waiting)
      : model_(model),
        requests_(requests),
        tokenizer_(tokenizer),
        limits_(limits),
        counters_(counters),
        waiting_(sorted_by_inputs(std::move(waiting), requests)),
        pages_(pages_to_plan(requests, limits)),
        storage_(model.make_kv_storage(pages_to_plan(requests, limits) * KvPages::kPageSlots)) {}

  bool done() const { return next_ == waiting_.size() && running_.empty(); }

  void step() {
    admit();
    PackedBatch batch;
    const std::vector<Sequence*> drawing = pack(batch);
    FLM_CHECK(batch.rows() > 0, "a generation step without rows");
    std::vector<SampleQuery> queries;
    for (const Sequence* sequence : drawing) queries.push_back(sequence->query());
    const std::vector<SampledToken> tokens = model_.sample(batch, *storage_, queries);
    FLM_CHECK(tokens.size() == drawing.size(), "a token for each head row");
    for (const auto& sequence : running_)
      if (sequence->started()) pages_.release_source(sequence->lease());
    counters_.rows_computed += batch.rows();
    counters_.generated_tokens += static_cast<std::int64_t>(drawing.size());
    parallel_loop(static_cast<std::int64_t>(drawing.size()), [&](std::int64_t loop) {
      const auto i = static_cast<std::size_t>(loop);
      drawing[i]->advance(tokens[i]);
    });
  }

  /// Hands over what is finished.
  void deliver(const GenerateSink& sink) {
    const auto left =
        std::stable_partition(running_.begin(), running_.end(),
                              [](const auto& sequence) { return !sequence->finished(); });
    for (auto it = left; it != running_.end(); ++it) {
      pages_.release((*it)->lease());
      sink((*it)->index(), (*it)->take_result());
    }
    running_.erase(left, running_.end());
  }

 private:
  void admit() {
    while (next_ < waiting_.size() &&
           running_.size() < static_cast<std::size_t>(limits_.max_batch)) {
      const std::size_t index = waiting_[next_];
      const GenerateRequest& request = requests_[index];
      auto lease = pages_.acquire(inputs_of(request, limits_.max_length),
                                  positions_needed(request, limits_.max_length));
      if (!lease) return;
      running_.push_back(std::make_unique<Sequence>(index, request, tokenizer_, std::move(*lease),
                                                    limits_.max_length));
      ++next_;
    }
  }

  /// Rows in the order of admission: what a row shares, or has copied, is in this batch or
  /// computed. Returns the sequences whose pending rows are all in it: they draw a token each.
  std::vector<Sequence*> pack(PackedBatch& batch) {
    std::vector<Sequence*> drawing;
    for (const auto& sequence : running_) {
      const std::int32_t room = limits_.max_rows - batch.rows();
      if (room == 0) break;
      if (sequence->append_rows(room, batch)) drawing.push_back(sequence.get());
    }
    return drawing;
  }

  Model& model_;
  std::span<const GenerateRequest> requests_;
  const Tokenizer& tokenizer_;
  const GeneratorLimits limits_;
  GeneratorCounters& counters_;
  std::vector<std::size_t> waiting_;  // indices, in the order of admission
  std::size_t next_ = 0;              // first of `waiting_` that has not entered
  KvPages pages_;
  std::unique_ptr<KvStorage> storage_;
  std::vector<std::unique_ptr<Sequence>> running_;
};

}  // namespace

std::vector<std::size_t> order_by_inputs(std::span<const GenerateRequest> requests) {
  std::vector<std::size_t> all(requests.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return sorted_by_inputs(std::move(all), requests);
}

bool run_generation(Model& model, std::span<const GenerateRequest> requests,
                    const Tokenizer& tokenizer, const GeneratorLimits& limits,
                    const GenerateSink& sink, const BatchSink& commit,
                    const std::atomic<bool>& stop, GeneratorCounters* counters) {
  FLM_CHECK(limits.max_batch > 0 && limits.max_rows > 0, "generation limits must be positive");
  std::vector<std::size_t> waiting;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (auto answer = begun_to_the_limit(requests[i], tokenizer, limits.max_length))
      sink(i, std::move(*answer));
    else
      waiting.push_back(i);
  }
  if (waiting.size() < requests.size() && commit) commit();
  if (waiting.empty()) return true;
  GeneratorCounters ignored;
  Generation generation(model, requests, tokenizer, limits, counters ? *counters : ignored,
                        std::move(waiting));
  while (!generation.done()) {
    if (stop) return false;
    generation.step();
    generation.deliver(sink);
    if (commit) commit();
  }
  return true;
}

}  // namespace flm
