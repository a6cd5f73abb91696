// One row of the registry: an operation at a shape, with its cost, its reference and its tolerance.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/backend/backend.h"

namespace flm::bench {

/// Of one call. Bytes are the least that must move; FLOPs those of the useful result.
struct Cost {
  double flops = 0, read_bytes = 0, write_bytes = 0;
  double bytes() const { return read_bytes + write_bytes; }
};

/// What comparing outputs with the reference found.
struct Check {
  bool passed = true;
  std::string reason;    // why not
  double max_error = 0;  // largest |error| / tolerance
  double nmse = 0;       // sum of error^2 / sum of reference^2
};

/// The buffers of a row and the call on them, in one or more copies (rotated by cold rows).
class Case {
 public:
  virtual ~Case() = default;
  /// Inputs as drawn from `seed`, outputs poisoned with NaN; never timed.
  virtual void restore(int copy, int seed) = 0;
  /// The timed call.
  virtual void run(int copy) = 0;
  /// Moves the buffers into the memory of the backend's device; before the first restore().
  virtual void place_on(const Backend& backend) = 0;
  /// Until a device has done what run() gave it; part of a sample's time.
  virtual void wait() {}
  /// Outputs against the reference after `runs` runs since restore(), sentinels, and unchanged
  /// inputs.
  virtual Check check(int copy, int runs) = 0;
  /// Runs of one copy that may follow one restore() (an operation in place may allow one only).
  virtual int most_runs() const { return 1 << 30; }
};

struct Row {
  std::string op;      // gemm_qkv
  std::string model;   // 52b-tp8
  std::string device;  // cpu, cuda
  std::string dtype;   // fp32; bf16w: fp32 arithmetic on bf16 weights; bf16
  std::string shape;   // T:16
  bool cold = true;    // buffers rotate through more than 3 x the last cache
  int threads = 1;
  bool standard = true;  // in the default set; the others need --full
  Cost cost;
  double resident_bytes = 0;  // memory of one copy, transient sources included
  std::string processor;      // name for the data sheet; empty: the machine's CPU
  std::string skip;           // why it cannot run here; empty: it can
  std::function<std::unique_ptr<Case>(const Backend& backend, int copies)> make;

  /// op/model/device/dtype/shape/cache/threads:N
  std::string name() const;
};

}  // namespace flm::bench
