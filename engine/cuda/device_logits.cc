#include "engine/cuda/device_logits.h"

#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/kernels/sample_tables.h"

namespace flm {

template <class T>
void DeviceLogits::fetch(const T* memory, std::int64_t count, T* host) const {
  copy_to_host(host, memory, count * static_cast<std::int64_t>(sizeof(T)), stream_);
  await_();
}

void DeviceLogits::softmax_stats(const float* logits, std::int64_t rows, std::int64_t width,
                                 SoftmaxStats* stats) const {
  const Scratch memory = room_for<SoftmaxStats>(rows);
  cuda::softmax_stats(stream_, logits, rows, width, memory.as<SoftmaxStats>());
  fetch(memory.as<SoftmaxStats>(), rows, stats);
}

void DeviceLogits::largest_of_rows(const float* logits, std::int64_t rows, std::int64_t width,
                                   RankedLogit* largest) const {
  const Scratch memory = room_for<SoftmaxStats>(rows);
  cuda::largest_logits(stream_, logits, rows, width, memory.as<SoftmaxStats>());
  std::vector<SoftmaxStats> stats(static_cast<std::size_t>(rows));
  fetch(memory.as<SoftmaxStats>(), rows, stats.data());
  for (const SoftmaxStats& one : stats) *largest++ = {one.argmax, one.max};
}

void DeviceLogits::exp_sums(const float* logits, std::int64_t rows, std::int64_t width,
                            const float* largest, float* sums) const {
  const Scratch shifts = on_device(std::span(largest, static_cast<std::size_t>(rows)));
  const std::int64_t count = rows * ((width + kLogitBlock - 1) / kLogitBlock);
  const Scratch memory = room_for<float>(count);
  cuda::exp_sums(stream_, logits, rows, width, shifts.as<float>(), memory.as<float>());
  fetch(memory.as<float>(), count, sums);
}

void DeviceLogits::pick(const float* logits, std::int64_t width, std::span<const LogitAt> at,
                        float* values) const {
  if (at.empty()) return;
  const Scratch index = on_device(at);
  const auto count = static_cast<std::int64_t>(at.size());
  const Scratch picked = room_for<float>(count);
  cuda::pick(stream_, logits, width, index.as<LogitAt>(), count, picked.as<float>());
  fetch(picked.as<float>(), count, values);
}

std::vector<RankedLogit> DeviceLogits::largest(const float* logits, std::int64_t width,
                                               std::span<const std::int32_t> counts) const {
  std::vector<cuda::LargestRow> wanted;
  std::int32_t total = 0;
  for (std::size_t row = 0; row < counts.size(); ++row) {
    if (counts[row] > 0) wanted.push_back({static_cast<std::int64_t>(row), total, counts[row]});
    total += counts[row];
  }
  if (total == 0) return {};
  const Scratch rows = on_device(std::span<const cuda::LargestRow>(wanted));
  const Scratch ids = room_for<std::int32_t>(total), values = room_for<float>(total);
  cuda::largest(stream_, logits, width, rows.as<cuda::LargestRow>(),
                static_cast<std::int64_t>(wanted.size()), ids.as<std::int32_t>(),
                values.as<float>());
  std::vector<std::int32_t> found(static_cast<std::size_t>(total));
  std::vector<float> sizes(found.size());
  fetch(ids.as<std::int32_t>(), total, found.data());
  fetch(values.as<float>(), total, sizes.data());
  std::vector<RankedLogit> ranked(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) ranked[i] = {found[i], sizes[i]};
  return ranked;
}

void DeviceLogits::sample(const float* logits, std::int64_t width,
                          std::span<const SampleQuery> queries, SampledToken* tokens) const {
  const SampleTables tables(queries, width);
  const Scratch rows = on_device(std::span<const cuda::SampleRow>(tables.rows)),
                histories = on_device(std::span<const std::int32_t>(tables.histories));
  const auto count = static_cast<std::int64_t>(queries.size());
  const Scratch ids = room_for<std::int32_t>(count), values = room_for<float>(count);
  cuda::sample(stream_, logits, width, rows.as<cuda::SampleRow>(), count,
               histories.as<std::int32_t>(), tables.most_vocab, ids.as<std::int32_t>(),
               values.as<float>());
  std::vector<std::int32_t> found(queries.size());
  std::vector<float> sizes(queries.size()), row;
  fetch(ids.as<std::int32_t>(), count, found.data());
  fetch(values.as<float>(), count, sizes.data());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    tokens[i].id = found[i];
    tokens[i].logprob = sizes[i];
    if (found[i] >= 0) continue;
    row.resize(static_cast<std::size_t>(width));
    fetch(logits + static_cast<std::int64_t>(i) * width, width, row.data());
    tokens[i].id = sample_token(row, queries[i]);
    tokens[i].logprob = row[static_cast<std::size_t>(tokens[i].id)];
  }
}

}  // namespace flm
