#include "engine/cuda/device_collectives.h"

#include <cstdlib>
#include <set>

#include "base/errors.h"
#include "engine/cuda/nccl/nccl_collectives.h"
#include "engine/cuda/peer_copies.h"

namespace flm {
namespace {

std::set<int> devices_of_ranks(Communicator& communicator, int device) {
  std::set<int> devices;
  communicator.exchange("devices", 0, &device, [&](std::span<const void* const> all) {
    for (const void* shown : all) devices.insert(*static_cast<const int*>(shown));
  });
  return devices;
}

/// Null where copies do instead: nobody named a library, and none is there.
std::shared_ptr<const NcclLibrary> find_nccl() {
  const char* named = std::getenv("FLM_NCCL");
  if (named && std::string(named) == "0") return nullptr;
  if (named && *named) return NcclLibrary::open(named);
  try {
    return NcclLibrary::open(NcclLibrary::kFile);
  } catch (const UserError&) {
    return nullptr;
  }
}

}  // namespace

std::unique_ptr<DeviceCollectives> make_device_collectives(Communicator& communicator,
                                                           const CollectiveOptions& options) {
  const std::set<int> devices = devices_of_ranks(communicator, options.device);
  const bool apart = static_cast<int>(devices.size()) == communicator.size();
  if (apart && communicator.size() > 1)
    if (auto library = find_nccl())
      return make_nccl_collectives(communicator, options, std::move(library));
  for (const int device : devices) reach_peer(device);
  return std::make_unique<PeerCopies>(communicator);
}

}  // namespace flm
