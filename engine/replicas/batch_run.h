// The batches of a scoring run, dealt to replicas, and their answers in order.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/replicas/replica.h"
#include "engine/scoring/batch_time.h"
#include "engine/scoring/packed_batch.h"
#include "engine/scoring/prefix_trie.h"

namespace flm {

/// A batch that was computed.
struct BatchDone {
  const TrieSlice* slice = nullptr;
  std::vector<Recipient> recipients;
  std::vector<HeadAnswer> answers;
  double seconds = 0;  // with several replicas: since the one before it was handed over
};

struct BatchRun {
  std::span<const TrieSlice> slices = {};  // in the order that they are dealt and handed over in
  std::function<ScoringBatch(const TrieSlice& slice)> pack;
  /// In the calling thread, in the order of the slices: records and their order do not depend on
  /// who was first.
  std::function<void(BatchDone&& done)> deliver;
  /// Rows that are done, those of batches in flight by the share of their layers; in the calling
  /// thread.
  std::function<void(std::int64_t rows)> progress;
  double stop_seconds = kBatchSeconds;  // that batches in flight may still take after a stop
};

/// Each replica takes the next batch when it is through with one. `stop` is looked at before each
/// batch and between layers where it will not end within stop_seconds; false where it ended the run
/// early, what was computed delivered. The first error of a replica is thrown once all have ended.
bool run_batches(std::span<Replica* const> replicas, const BatchRun& run,
                 const std::atomic<bool>& stop);

}  // namespace flm
