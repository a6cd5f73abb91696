// Gathers between ranks that are threads of this process, each with a device, or with a share of
// one: plain copies from the peers' memory.
#pragma once

#include "engine/cuda/device_collectives.h"

namespace flm {

/// The host waits for the other ranks to come, no device for the host.
class PeerCopies : public DeviceCollectives {
 public:
  explicit PeerCopies(Communicator& communicator) : communicator_(communicator) {}
  static constexpr char kName[] = "copies between ranks";
  std::string name() const override { return kName; }
  void gather_columns(const ColumnParts& columns, CudaStream stream, DevicePool& pool) override;

 private:
  Communicator& communicator_;
};

}  // namespace flm
