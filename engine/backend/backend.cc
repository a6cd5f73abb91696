// What a backend that computes in the host's memory need not write itself.
#include "engine/backend/backend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "base/errors.h"

namespace flm {
namespace {

constexpr std::align_val_t kAlignment{64};
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// The k largest of one row, best first, into out[k].
void largest_of_row(const float* logits, std::int64_t width, std::int32_t k, RankedLogit* out) {
  if (k == 0) return;
  std::vector<RankedLogit> best;  // a heap with the worst kept one in front
  for (std::int64_t i = 0; i < width; ++i) {
    const float logit = std::isnan(logits[i]) ? kMinusInfinity : logits[i];  // NaN has no order
    const RankedLogit entry{static_cast<std::int32_t>(i), logit};
    if (static_cast<std::int32_t>(best.size()) == k) {
      if (!ranks_before(entry, best.front())) continue;
      std::pop_heap(best.begin(), best.end(), ranks_before);
      best.pop_back();
    }
    best.push_back(entry);
    std::push_heap(best.begin(), best.end(), ranks_before);
  }
  std::sort(best.begin(), best.end(), ranks_before);
  best.resize(static_cast<std::size_t>(k), {-1, kMinusInfinity});
  std::copy(best.begin(), best.end(), out);
}

}  // namespace

void ReleaseMemory::operator()(float* memory) const { backend->release(memory, bytes); }

PackedVector Backend::pack_vector(std::span<const float> host) const {
  const auto size = static_cast<std::int64_t>(host.size());
  if (size == 0) return {};
  Buffer memory = allocate(size * static_cast<std::int64_t>(sizeof(float)));
  upload(host.data(), size, memory.get());
  return {std::move(memory), size};
}

float* Backend::acquire(std::int64_t bytes) const {
  return static_cast<float*>(::operator new(static_cast<std::size_t>(bytes), kAlignment));
}

void Backend::release(float* memory, std::int64_t) const noexcept {
  ::operator delete(memory, kAlignment);
}

void Backend::upload(const float* host, std::int64_t count, float* memory) const {
  std::copy_n(host, count, memory);
}

void Backend::download(const float* memory, std::int64_t count, float* host) const {
  std::copy_n(memory, count, host);
}

void Backend::replay(std::span<const std::int64_t>, const std::function<void()>& body) const {
  body();
}

void Backend::sample(const float*, std::int64_t, std::span<const SampleQuery>,
                     SampledToken*) const {
  FLM_CHECK(false, "this backend leaves sampling to the host");
}

void Backend::store_kv(const PackedBatch& batch, const float* keys, const float* values,
                       std::int64_t stride, std::int64_t width, float* key_slots,
                       float* value_slots) const {
  for (std::int64_t r = 0; r < batch.rows(); ++r) {
    const std::int64_t slot = batch.slots[static_cast<std::size_t>(r)];
    std::copy_n(keys + r * stride, width, key_slots + slot * width);
    std::copy_n(values + r * stride, width, value_slots + slot * width);
  }
}

void Backend::copy_kv(std::span<const KvCopy> copies, std::int64_t width, float* key_slots,
                      float* value_slots) const {
  for (const KvCopy& copy : copies)
    for (float* slots : {key_slots, value_slots})
      std::copy_n(slots + copy.from * width, copy.count * width, slots + copy.to * width);
}

void Backend::rope_store_kv(const PackedBatch& batch, const RopeTable& table, float* key_slots,
                            float* value_slots, AttentionArgs& args) const {
  rope(args.queries, args.query_stride, args.heads + args.kv_heads, batch.positions, table);
  if (!key_slots) return;
  store_kv(batch, args.keys, args.values, args.kv_stride,
           std::int64_t{args.kv_heads} * args.head_dim, key_slots, value_slots);
  args.take_slots(key_slots, value_slots);
}

std::unique_ptr<PackedWeight> Backend::copy(const PackedWeight&) const {
  FLM_CHECK(false, "a backend that takes no weights of another one");
}
std::unique_ptr<PackedWeight> Backend::borrow(const PackedWeight&) const {
  FLM_CHECK(false, "a backend that takes no weights of another one");
}

void Backend::gather_columns(Communicator& communicator, const ColumnParts& columns) const {
  communicator.gather_columns(columns);
}

void Backend::gather_rows(const float* x, std::int64_t width, std::span<const std::int32_t> rows,
                          float* out) const {
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(x + rows[i] * width, width, out + static_cast<std::int64_t>(i) * width);
}

void Backend::pick(const float* logits, std::int64_t width, std::span<const LogitAt> at,
                   float* values) const {
  for (const LogitAt& one : at) *values++ = logits[one.row * width + one.column];
}

std::vector<RankedLogit> Backend::largest(const float* logits, std::int64_t width,
                                          std::span<const std::int32_t> counts) const {
  std::vector<RankedLogit> all;
  for (std::int32_t count : counts) {
    all.resize(all.size() + static_cast<std::size_t>(count));
    largest_of_row(logits, width, count, all.data() + all.size() - count);
    logits += width;
  }
  return all;
}

}  // namespace flm
