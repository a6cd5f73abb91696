// Where the weights are while requests run.
#pragma once

namespace flm {

enum class Placement {
  kResident,
  kStreamed,  // they come anew for each batch
  kSpread,    // each device keeps some layers; the others come from there for each batch
};

}  // namespace flm
