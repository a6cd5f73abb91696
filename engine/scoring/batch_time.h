// How long batches are expected to take, and what an interruption may cost.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/engine.h"

namespace flm {

/// Expected seconds of a batch: what an interruption waits for or loses. Streamed weights come anew
/// for each batch, so that a longer one hides what a slow file takes.
inline constexpr double kBatchSeconds = 30, kStreamedBatchSeconds = 300;

/// What the expected time of a batch rests on.
struct ExpectedSpeed {
  double flops = 1;           // in a second
  double weight_seconds = 0;  // that streamed weights take to come once; 0: they stay
  std::string basis;          // where the figures are from, for people

  /// Of a batch; weights come while it computes.
  double seconds(double batch_flops) const;
};

/// Of streamed weights, of which `locked` bytes lie in page-locked memory and come over a link of
/// `link_bytes` a second; the others come from a file, by rule of thumb from an NVMe disk.
double weight_seconds(std::int64_t bytes, std::int64_t locked, double link_bytes);

/// Decoding steps of all requests at the least: of the longest text, and where as many are decoded
/// together as can be.
double decoding_steps(std::span<const GenerateRequest> requests, std::int32_t most_together);

/// Whether a batch is finished although a stop was asked for: what is left of it takes at most
/// `seconds_left`, by what was done (a share) in the seconds so far. The time to come is that of
/// the time so far: the first layer counts what loading took.
bool worth_finishing(double seconds_so_far, double done, double seconds_left = kBatchSeconds);

}  // namespace flm
