#include "engine/cuda/peer_copies.h"

#include <cstddef>

namespace flm {
namespace {

/// What a rank shows the others.
struct RankEnd {
  const ColumnParts* columns = nullptr;
  const Event* ready = nullptr;  // its columns are there
  const Event* taken = nullptr;  // it has copied the others'
};

void copy_from(const RankEnd& peer, int rank, const ColumnParts& to, CudaStream stream) {
  const auto* source = static_cast<const std::byte*>(peer.columns->mine);
  std::byte* target = static_cast<std::byte*>(to.whole) + to.offset(rank);
  if (source == target || to.bytes_of_row(rank) == 0) return;
  copy_rows_between_devices(target, to.whole_pitch(), source, peer.columns->mine_pitch(),
                            to.bytes_of_row(rank), to.rows, stream);
}

}  // namespace

void PeerCopies::gather_columns(const ColumnParts& columns, CudaStream stream, DevicePool&) {
  Event ready, taken;
  ready.record(stream);
  const RankEnd mine{&columns, &ready, &taken};
  const auto rows = static_cast<std::size_t>(columns.rows);
  const auto end_of = [](const void* shown) { return *static_cast<const RankEnd*>(shown); };
  communicator_.exchange("gather_columns", rows, &mine, [&](std::span<const void* const> all) {
    for (std::size_t r = 0; r < all.size(); ++r) {
      const RankEnd peer = end_of(all[r]);
      if (peer.ready != &ready) peer.ready->order(stream);
      copy_from(peer, static_cast<int>(r), columns, stream);
    }
    taken.record(stream);
  });
  // What a peer still reads must not be written again.
  communicator_.exchange("gather_columns, done", rows, &mine,
                         [&](std::span<const void* const> all) {
                           for (const void* shown : all)
                             if (shown != &mine) end_of(shown).taken->order(stream);
                         });
}

}  // namespace flm
