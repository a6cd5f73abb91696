#include "engine/cuda/device_collectives.h"

#include <set>

#include "base/errors.h"
#include "base/system/environment.h"
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

/// What moves the bytes: a library, or null where copies do.
struct Carrier {
  std::shared_ptr<const NcclLibrary> nccl;
  std::string why;
};

/// A library that somebody named must be there.
Carrier choose_carrier(bool apart) {
  if (!apart) return {nullptr, "some ranks share a device"};
  const auto named = environment("FLM_NCCL");
  if (named == "0") return {nullptr, "FLM_NCCL=0"};
  if (named) return {NcclLibrary::open(), "FLM_NCCL=" + *named};
  try {
    return {NcclLibrary::open(), "each rank has a device of its own"};
  } catch (const UserError& missing) {
    return {nullptr, missing.what()};
  }
}

}  // namespace

std::unique_ptr<DeviceCollectives> make_device_collectives(Communicator& communicator,
                                                           const CollectiveOptions& options) {
  const std::set<int> devices = devices_of_ranks(communicator, options.device);
  const bool apart = static_cast<int>(devices.size()) == communicator.size();
  if (communicator.size() > 1)
    if (auto library = choose_carrier(apart).nccl)
      return make_nccl_collectives(communicator, options, std::move(library));
  for (const int device : devices) reach_peer(device);
  return std::make_unique<PeerCopies>(communicator);
}

std::string describe_nccl() {
  if (environment("FLM_NCCL") == "0") return "not used: FLM_NCCL=0";
  try {
    const auto nccl = NcclLibrary::open();
    return nccl->name + ": " + nccl->file;
  } catch (const UserError& missing) {
    return missing.what();
  }
}

std::string describe_gathers(int devices, int ranks) {
  const Carrier carrier = choose_carrier(devices >= ranks);
  return (carrier.nccl ? carrier.nccl->name : PeerCopies::kName) + std::string(": ") + carrier.why;
}

}  // namespace flm
