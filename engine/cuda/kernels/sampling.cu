// The next id of each row, where the logits are: penalty, temperature, top k, top p and one draw in
// the host sampler's order of every sum, so that the ids are equal (engine/backend/sampling.cc).
#include <device.h>

#include "engine/cuda/kernels/device_math.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/numerics/exponential.h"

namespace flm::cuda {
namespace {

constexpr int kThreads = 512;

struct Candidate {
  double weight;
  std::int32_t id;  // -1: none
};

__device__ inline bool likelier(const Candidate& a, const Candidate& b) {
  if (a.id < 0 || b.id < 0) return b.id < 0 && a.id >= 0;
  return a.weight > b.weight || (a.weight == b.weight && a.id < b.id);
}

/// Behind it lie the sums before each chunk of kThreads weights, and the words that mark the ids of
/// the history.
struct Shared {
  Candidate best[kThreads], own[kThreads];
  double weights[2][kThreads];
  Candidate kept[kMostKept], sorted[kMostKept];
  std::int32_t id;
};

class Draw {
 public:
  __device__ Draw(const float* logits, const SampleRow& row, const std::int32_t* history)
      : logits_(logits),
        row_(row),
        shared_(*shared_memory<Shared>()),
        chunks_((row.vocab + kThreads - 1) / kThreads),
        sums_(reinterpret_cast<double*>(shared_memory<Shared>() + 1)),
        seen_(reinterpret_cast<std::uint32_t*>(sums_ + chunks_ + 1)) {
    if (row.penalty != 1) mark(history);
  }

  /// The same for all threads; -1: too many to keep.
  __device__ std::int32_t id() {
    if (row_.top_k > kMostKept && row_.vocab > kMostKept) return -1;
    const Candidate best = best_after({0, -1}, false);
    best_ = best.weight;
    if (row_.temperature == 0) return best.id;
    if (row_.top_k == 0 && !(row_.top_p < 1)) return draw_from_all();
    const int kept = row_.top_k > 0 ? keep_top_k() : keep_top_p_of_all();
    return kept < 0 ? -1 : draw_from_kept(kept);
  }

 private:
  __device__ int thread() const { return static_cast<int>(threadIdx.x); }

  __device__ void mark(const std::int32_t* history) {
    for (int i = thread(); i < (row_.vocab + 31) / 32; i += kThreads) seen_[i] = 0;
    __syncthreads();
    for (int i = thread(); i < row_.history_count; i += kThreads) {
      const std::int32_t id = history[i];
      if (id < row_.vocab) atomic_or(seen_ + id / 32, 1u << (id % 32));
    }
    __syncthreads();
  }

  __device__ double penalised(std::int32_t id) const {
    const double logit = logits_[id];
    if (row_.penalty == 1 || !(seen_[id / 32] >> (id % 32) & 1u)) return logit;
    return logit > 0 ? logit / row_.penalty : logit * row_.penalty;
  }
  __device__ double weight(std::int32_t id) const {
    return exponential((penalised(id) - best_) / row_.temperature);
  }

  /// The likeliest candidate of all threads, the same for all.
  __device__ Candidate likeliest(const Candidate& mine) {
    shared_.best[thread()] = mine;
    __syncthreads();
    for (int width = kThreads / 2; width >= 1; width /= 2) {
      if (thread() < width && likelier(shared_.best[thread() + width], shared_.best[thread()]))
        shared_.best[thread()] = shared_.best[thread() + width];
      __syncthreads();
    }
    const Candidate best = shared_.best[0];
    __syncthreads();
    return best;
  }

  /// The likeliest of those that come after `last` (id -1: of all), by weight or by logit. Each
  /// thread keeps the likeliest of its own ids.
  __device__ Candidate best_after(const Candidate& last, bool by_weight) {
    Candidate mine{0, -1};
    for (std::int32_t id = thread(); id < row_.vocab; id += kThreads) {
      const Candidate here{by_weight ? weight(id) : penalised(id), id};
      if ((last.id < 0 || likelier(last, here)) && likelier(here, mine)) mine = here;
    }
    shared_.own[thread()] = mine;
    return likeliest(mine);
  }

  /// The same by weight, where what the threads keep came after the one before `last`: the ids of
  /// one thread have a new likeliest, which all look for.
  __device__ Candidate best_behind(const Candidate& last) {
    const int owner = last.id % kThreads;
    Candidate mine{0, -1};
    for (std::int32_t i = thread(); owner + i * kThreads < row_.vocab; i += kThreads) {
      const std::int32_t id = owner + i * kThreads;
      const Candidate here{weight(id), id};
      if (likelier(last, here) && likelier(here, mine)) mine = here;
    }
    const Candidate next = likeliest(mine);
    if (thread() == 0) shared_.own[owner] = next;
    __syncthreads();
    return likeliest(shared_.own[thread()]);
  }

  /// By weight, the `place`th of all behind the one before it. What threads keep is without NaN
  /// from the second on: nothing compares with one.
  __device__ Candidate next_best(const Candidate& last, int place) {
    return place < 2 ? best_after(last, true) : best_behind(last);
  }

  /// Zeros behind the last id: they leave a sum as it is.
  __device__ void put_weights(int chunk) {
    const std::int32_t id = chunk * kThreads + thread();
    shared_.weights[chunk % 2][thread()] = id < row_.vocab ? weight(id) : 0;
  }

  /// `sum` and a chunk of weights behind it, one after the other; loads go ahead of the additions.
  __device__ static double added(double sum, const double (&weights)[kThreads]) {
    constexpr int kAhead = 8;
    for (int i = 0; i < kThreads; i += kAhead) {
      double loaded[kAhead];
      for (int j = 0; j < kAhead; ++j) loaded[j] = weights[i + j];
      for (int j = 0; j < kAhead; ++j) sum = sum + loaded[j];
    }
    return sum;
  }

  /// All weights in ascending id, one chain; sums_ are left. While one thread adds a chunk the
  /// others weigh the next one.
  __device__ double sum_of_all() {
    double sum = 0;
    put_weights(0);
    for (int chunk = 0; chunk < chunks_; ++chunk) {
      __syncthreads();
      if (chunk + 1 < chunks_) put_weights(chunk + 1);
      if (thread() == 0) {
        sums_[chunk] = sum;
        sum = added(sum, shared_.weights[chunk % 2]);
      }
    }
    if (thread() == 0) sums_[chunks_] = sum;
    __syncthreads();
    return sums_[chunks_];
  }

  /// Where no sum goes beyond the target: the last id with a weight.
  __device__ std::int32_t last_weighed() {
    Candidate mine{0, -1};
    for (std::int32_t id = thread(); id < row_.vocab; id += kThreads)
      if (weight(id) > 0) mine = {static_cast<double>(id), id};
    const std::int32_t last = likeliest(mine).id;
    return last < 0 ? 0 : last;
  }

  /// The first id whose sum goes beyond the target: its weight is above 0.
  __device__ std::int32_t draw_from_all() {
    const double target = row_.u * sum_of_all();
    int chunk = 0;
    while (chunk < chunks_ && !(target < sums_[chunk + 1])) ++chunk;
    if (chunk == chunks_) return last_weighed();
    put_weights(chunk);
    __syncthreads();
    if (thread() == 0) {
      int i = 0;
      for (double sum = sums_[chunk];; ++i) {
        sum = sum + shared_.weights[chunk % 2][i];
        if (target < sum) break;
      }
      shared_.id = chunk * kThreads + i;
    }
    __syncthreads();
    return shared_.id;
  }

  /// The number that is kept.
  __device__ int keep_top_k() {
    int most = row_.top_k < row_.vocab ? row_.top_k : row_.vocab;
    Candidate last{0, -1};
    for (int i = 0; i < most; ++i) {
      last = next_best(last, i);
      if (last.id < 0) {  // nothing comes after a NaN
        most = i;
        break;
      }
      if (thread() == 0) shared_.kept[i] = last;
    }
    __syncthreads();
    if (!(row_.top_p < 1)) return most;
    double total = 0, sum = 0;
    for (int i = 0; i < most; ++i) total = total + shared_.kept[i].weight;
    for (int i = 0; i < most; ++i) {
      sum = sum + shared_.kept[i].weight;
      if (sum >= row_.top_p * total) return i + 1;
    }
    return most;
  }

  __device__ int keep_top_p_of_all() {
    const double wanted = row_.top_p * sum_of_all();
    double sum = 0;
    Candidate last{0, -1};
    for (int i = 0; i < kMostKept; ++i) {
      last = next_best(last, i);
      if (last.id < 0) return i;
      if (thread() == 0) shared_.kept[i] = last;
      sum = sum + last.weight;
      if (sum >= wanted) {
        __syncthreads();
        return i + 1;
      }
    }
    return -1;
  }

  __device__ std::int32_t draw_from_kept(int count) {
    for (int i = thread(); i < count; i += kThreads) {
      int place = 0;
      for (int j = 0; j < count; ++j) place += shared_.kept[j].id < shared_.kept[i].id;
      shared_.sorted[place] = shared_.kept[i];
    }
    __syncthreads();
    double total = 0, sum = 0;
    for (int i = 0; i < count; ++i) total = total + shared_.sorted[i].weight;
    const double target = row_.u * total;
    std::int32_t last = shared_.sorted[0].id;
    for (int i = 0; i < count; ++i) {
      sum = sum + shared_.sorted[i].weight;
      if (shared_.sorted[i].weight > 0) last = shared_.sorted[i].id;
      if (target < sum) break;
    }
    return last;
  }

  const float* logits_;
  const SampleRow row_;
  Shared& shared_;
  const int chunks_;
  double* sums_;         // [chunks_ + 1]
  std::uint32_t* seen_;  // [vocab] bits
  double best_ = 0;
};

__global__ void sample_kernel(const float* logits, std::int64_t width, const SampleRow* rows,
                              const std::int32_t* histories, std::int32_t* ids, float* logits_out) {
  const SampleRow row = rows[blockIdx.x];
  const float* x = logits + row.row * width;
  const std::int32_t id = Draw(x, row, histories + row.history_begin).id();
  if (threadIdx.x == 0) {
    ids[blockIdx.x] = id;
    logits_out[blockIdx.x] = id < 0 ? 0.0f : x[id];
  }
}

}  // namespace

void sample(CudaStream stream, const float* logits, std::int64_t width, const SampleRow* rows,
            std::int64_t count, const std::int32_t* histories, std::int32_t most_vocab,
            std::int32_t* ids, float* logits_out) {
  const std::int64_t words = (most_vocab + 31) / 32;
  const std::int64_t sums = (most_vocab + kThreads - 1) / kThreads + 1;
  launch(sample_kernel, dim3(static_cast<unsigned>(count)), kThreads,
         static_cast<std::int64_t>(sizeof(Shared)) + sums * 8 + words * 4, stream, logits, width,
         rows, histories, ids, logits_out);
}

}  // namespace flm::cuda
