// Where the weights are while requests run.
#pragma once

namespace flm {

enum class Placement {
  kResident,
  kStreamed,  // they come anew for each batch
};

}  // namespace flm
