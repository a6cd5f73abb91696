// What the operations of a run took, for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flm {

/// What the calls of one operation of the backend took. Bytes and operations are what their shapes
/// need at least: every input read once, every output written once.
struct OperationTime {
  // "attention", "product 24576 x 8192 (norm), few rows": outputs x inputs, what is fused, and
  // whether the batch has at most 64 rows.
  std::string name;
  std::int64_t calls = 0;
  double seconds = 0;
  double bytes = 0, flops = 0;  // flops 0: not counted
  bool beside = false;          // of the host while others run, hence no part of the batches' time
};
struct BatchTime {
  std::int64_t rows = 0;
  double seconds = 0;
};
/// Of rank 0 since the engine was opened with EngineOptions::time_operations; empty without.
struct OperationTimes {
  std::vector<OperationTime> operations;  // longest first, those beside last
  std::vector<BatchTime> batches;         // of score(), and calls of generate()
  std::int64_t plain_steps = 0;           // that would be replayed as graphs
  double seconds() const;                 // of all but those beside: at most the batches'
};
/// Lines to print: batches, then a table of operations, calls, ms, GB/s, TFLOP/s and share.
std::vector<std::string> table_of(const OperationTimes& times);

}  // namespace flm
