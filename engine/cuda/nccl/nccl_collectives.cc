#include "engine/cuda/nccl/nccl_collectives.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/errors.h"
#include "engine/cuda/kernels/column_places.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/runtime/scratch.h"

namespace flm {
namespace {

/// Of the widest part, up to whole units of what a thread copies at a time.
std::int64_t padded_bytes(const ColumnParts& columns) {
  constexpr std::int64_t kUnit = 16;
  std::int64_t widest = 0;
  for (std::size_t r = 0; r < columns.parts.size(); ++r)
    widest = std::max(widest, columns.bytes_of_row(static_cast<int>(r)));
  return (widest + kUnit - 1) / kUnit * kUnit;
}

cuda::ColumnPlaces places_of(const ColumnParts& columns) {
  cuda::ColumnPlaces places;
  places.ranks = static_cast<int>(columns.parts.size());
  FLM_CHECK(places.ranks <= cuda::ColumnPlaces::kMost, "a gather of more ranks than fit a kernel");
  for (int r = 0; r < places.ranks; ++r) {
    places.begin[r] = static_cast<std::int32_t>(columns.offset(r));
    places.begin[r + 1] = static_cast<std::int32_t>(columns.offset(r) + columns.bytes_of_row(r));
  }
  return places;
}

/// What the first rank tells the others.
struct Start {
  std::shared_ptr<NcclGroup> group;
  NcclUniqueId id;
};

}  // namespace

void NcclCollectives::gather_columns(const ColumnParts& columns, CudaStream stream,
                                     DevicePool& pool) {
  check();
  const int rank = communicator_.rank();
  const std::int64_t width = padded_bytes(columns), part = columns.rows * width;
  if (part == 0) return;
  const Scratch all(pool, stream, communicator_.size() * part);  // [ranks, rows, width]
  std::byte* data = all.as<std::byte>();
  if (columns.bytes_of_row(rank) > 0)
    cuda::copy_rows(stream, columns.mine, columns.mine_pitch(), columns.rows,
                    columns.bytes_of_row(rank), data + rank * part, width);
  communicator_.exchange("gather_columns", static_cast<std::size_t>(part), nullptr,
                         [&](std::span<const void* const>) {
                           group_->all_gather(rank, data, part, stream);
                           if (!records(stream)) group_->watch(rank, stream);
                         });
  cuda::place_columns(stream, data, width, columns.rows, places_of(columns), columns.whole,
                      columns.whole_pitch());
}

int NcclCollectives::least_of_all(int mine) {
  int least = mine;
  communicator_.exchange("least_of_all", 0, &mine, [&](std::span<const void* const> all) {
    for (const void* shown : all) least = std::min(least, *static_cast<const int*>(shown));
  });
  return least;
}

void NcclCollectives::launched(CudaStream stream) {
  group_->watch(communicator_.rank(), stream);
  communicator_.barrier();
}

std::unique_ptr<DeviceCollectives> make_nccl_collectives(
    Communicator& communicator, const CollectiveOptions& options,
    std::shared_ptr<const NcclLibrary> library) {
  Start start;
  if (communicator.rank() == 0) {
    start.group = std::make_shared<NcclGroup>(std::move(library), communicator,
                                              NcclGroup::Duration(options.limit_seconds));
    start.id = start.group->unique_id();
  }
  communicator.exchange("start of NCCL", 0, &start, [&](std::span<const void* const> all) {
    const auto& first = *static_cast<const Start*>(all.front());
    if (communicator.rank() == 0) return;
    start = first;
  });
  start.group->join(communicator.rank(), options.device, start.id);
  return std::make_unique<NcclCollectives>(communicator, std::move(start.group), options.record);
}

}  // namespace flm
