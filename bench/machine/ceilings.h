// What this machine can do at most, measured before the rows: bandwidths and arithmetic peaks.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/progress.h"
#include "bench/cases/row.h"
#include "bench/machine/machine.h"

namespace flm::bench {

/// Bytes/s and FLOP/s by "read/threads:1": read, copy, triad (memory), read_l1, read_l2, read_llc
/// (caches), fma_fp32, dot_bf16 (where the processor has it). Of a GPU by "cuda/copy": copy, read,
/// gemm_bf16 (the best of a few products), gemm_bf16_sustained (over seconds, at the power limit),
/// gemm_fp32 where products, the head or attention run in fp32.
using Ceilings = std::map<std::string, double>;

/// Measures ceilings again and again over a session and keeps the best of each: a ceiling is what
/// was reached at all, and on a busy machine a single look is too low.
class CeilingMeter {
 public:
  explicit CeilingMeter(const Machine& machine);
  ~CeilingMeter();
  /// Each of `names`, `seconds` apiece.
  void measure_all(const std::set<std::string>& names, double seconds, Progress& progress);
  /// One of them, by its name with threads; unknown names are left alone.
  void measure(const std::string& name, double seconds);
  const Ceilings& best() const { return best_; }
  /// Takes ceilings that were measured before; measure() can still raise them.
  void start_from(const Ceilings& known) { best_ = known; }
  void add(const Ceilings& more) { best_.insert(more.begin(), more.end()); }

 private:
  class Loops;
  Loops& loops(int threads);
  const Machine machine_;
  std::map<int, std::unique_ptr<Loops>> loops_;
  Ceilings best_;
};

/// The ceilings that the floors of `rows` can need, and the two of their threads that the roofline
/// picture draws. The CPU's alone: a device measures its own.
std::set<std::string> needed_ceilings(const std::vector<Row>& rows, const Machine& machine);

/// The least time that the ceilings allow a row, and which of them says so.
struct Floor {
  double seconds = 0;
  std::string bound;    // "memory", "compute"
  std::string ceiling;  // name of the binding one
  std::string other;    // name of the one that does not bind
};
/// seconds = 0 where a ceiling is not known.
Floor floor_of(const Row& row, const Ceilings& ceilings, const Machine& machine);

}  // namespace flm::bench
