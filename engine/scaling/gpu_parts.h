// Rates of GPUs that nobody has measured here.
#pragma once

#include <cstdint>
#include <string>

namespace flm {

/// A GPU and its node, in bytes, FLOPs and seconds.
struct GpuPart {
  const char* name = "";
  double flops = 0;       // bf16, sustained in a whole pass: 0.6 of the data sheet
  double memory = 0;      // that can be planned with: 0.92 of the data sheet
  double peer_bytes = 0;  // in a second from the other GPUs of the node, one way
  double host_bytes = 0;  // over its own link, with the others idle
  double node_bytes = 0;  // that a node's memory feeds to all of its links together
  double file_bytes = 0;  // that a node reads of a checkpoint
};

/// a100, h100 or h200; a UserError names them.
const GpuPart& gpu_part(const std::string& name);

/// What rank 0 takes to deal a batch to another node: fixed, and for each byte.
inline constexpr double kDealSeconds = 0.5e-3, kWireBytes = 3e9;

}  // namespace flm
