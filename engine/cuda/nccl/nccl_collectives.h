// Gathers by NCCL between ranks of this process, each on a device of its own.
#pragma once

#include <memory>

#include "engine/cuda/device_collectives.h"
#include "engine/cuda/nccl/nccl_group.h"

namespace flm {

/// The columns of a rank are padded to the widest part, gathered, and moved to their places. Ranks
/// meet on the host before and after they enqueue, so that no gather stands on one device while
/// another rank holds the driver: an allocation between the two would wait for it for ever.
class NcclCollectives : public DeviceCollectives {
 public:
  NcclCollectives(Communicator& communicator, std::shared_ptr<NcclGroup> group, bool record)
      : communicator_(communicator), group_(std::move(group)), record_(record) {}
  std::string name() const override { return group_->library_name(); }
  void gather_columns(const ColumnParts& columns, CudaStream stream, DevicePool& pool) override;
  bool recordable() const override { return record_; }
  int least_of_all(int mine) override;
  void launched(CudaStream stream) override;
  void check() const override { group_->check(); }

 private:
  Communicator& communicator_;
  const std::shared_ptr<NcclGroup> group_;
  const bool record_;
};

/// All ranks make it together, after they have seen that no two have the same device.
std::unique_ptr<DeviceCollectives> make_nccl_collectives(
    Communicator& communicator, const CollectiveOptions& options,
    std::shared_ptr<const NcclLibrary> library);

}  // namespace flm
