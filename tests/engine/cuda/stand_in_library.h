// A library of products whose algorithms depend on the number of rows in known ways.
#pragma once

#include <chrono>
#include <cmath>
#include <thread>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "engine/cuda/products/gemm_library.h"
#include "tests/engine/cuda/emulation/device.h"

namespace flm::test {

/// What a stand-in's algorithm does; its settings are this number. All sum k ascending, except
/// where they are said to go the other way round.
enum StandInAlgorithm : std::uint64_t {
  kAscending = 1,       // takes its time
  kQuick = 2,           // the same in less
  kBelow100Differs,     // the other way round in calls of fewer than 100 rows
  kOddNumbersDiffer,    // and in those that are no multiple of 128
  kLateRowsDiffer,      // and behind the 600th row of a call
  kDescending,          // and always
  kManyRowsOnly,        // takes 200 rows and more
  kRefusesFew,          // takes 128 rows and more
  kFewRowsOnly,         // takes at most 64, quickly
  kFewDescending,       // as that, the other way round
  kFewSlow,             // as that, slower than kAscending
  kFewRoundTwice,       // as kFewRowsOnly, but rounds before it adds to c
  kOneMoreInSevenRows,  // in a call of 7 rows, 1 more in row 2, column 3
  kWantsWorkspace,      // 4096 bytes
  kBreaksItsWord,       // says that it takes 7 rows, and does not
  kFailsWithWorkspace,  // as kQuick where it is given none
};

class StandInLibrary : public GemmLibrary {
 public:
  struct Ran {
    std::uint64_t name = 0;
    std::int64_t rows = 0;
    friend bool operator==(const Ran&, const Ran&) = default;
  };
  /// What all of them did, in order; a test may clear it.
  struct Log {
    std::vector<Ran> runs;
    std::vector<std::int64_t> asked;  // rows
    int strayed = 0;  // calls that broke what the library is promised of its operands
  };

  StandInLibrary(std::vector<std::uint64_t> many, std::vector<std::uint64_t> few, Log& log)
      : many_(std::move(many)), few_(std::move(few)), log_(log) {}

  std::vector<AlgorithmSettings> choices(const GemmShape&, std::int64_t rows,
                                         std::int64_t) override {
    log_.asked.push_back(rows);
    std::vector<AlgorithmSettings> all;
    for (const std::uint64_t name : rows > kMostFewRows ? many_ : few_) all.push_back({name});
    return all;
  }
  AlgorithmDescription describe(const AlgorithmSettings& settings) override {
    return {static_cast<int>(settings[0]), "128x256", "64x4", "2x1x1"};
  }
  std::int64_t workspace_of(const AlgorithmSettings& settings, const GemmCall& call) override {
    const std::uint64_t name = settings[0];
    const bool for_few = name == kFewRowsOnly || name == kFewDescending || name == kFewSlow ||
                         name == kFewRoundTwice;
    const std::int64_t least = name == kManyRowsOnly ? 200 : name == kRefusesFew ? 128 : 0;
    if (call.m < least || (for_few && call.m > kMostFewRows)) return -1;
    return name == kWantsWorkspace ? 4096 : 0;
  }
  void run(const AlgorithmSettings& settings, const GemmCall& call, CudaStream stream,
           const GemmWorkspace& workspace) override {
    const std::uint64_t name = settings[0];
    FLM_CHECK(name != kFailsWithWorkspace || workspace.bytes == 0, "a failure of what is free");
    FLM_CHECK(name != kBreaksItsWord || call.m != 7, "a call that is not taken");
    log_.runs.push_back({name, call.m});
    log_.strayed += strays(call.a, call.a_stride, call.k, call.bf16 ? 2 : 4) ||
                    strays(call.c, call.c_stride, call.n, 4);
    emulation::enqueue(stream, [call, name] { multiply(call, name); },
                       {call.a, call.weight, call.c});
  }

 private:
  /// Of operands at multiples of 16 bytes, whose rows begin so or lie one behind the other.
  static bool strays(const void* begin, std::int64_t stride, std::int64_t width, int bytes) {
    return reinterpret_cast<std::uintptr_t>(begin) % 16 != 0 ||
           (stride != width && stride * bytes % 16 != 0);
  }
  static float element(const GemmCall& call, const void* matrix, std::int64_t at) {
    return call.bf16 ? to_float(static_cast<const bf16*>(matrix)[at])
                     : static_cast<const float*>(matrix)[at];
  }
  static bool descends(const GemmCall& call, std::uint64_t name, std::int64_t row) {
    return name == kDescending || name == kFewDescending ||
           (name == kBelow100Differs && call.m < 100) ||
           (name == kOddNumbersDiffer && call.m % 128 != 0) ||
           (name == kLateRowsDiffer && row >= 600);
  }
  static void multiply(const GemmCall& call, std::uint64_t name) {
    if (name == kAscending) std::this_thread::sleep_for(std::chrono::microseconds(300));
    if (name == kFewSlow) std::this_thread::sleep_for(std::chrono::microseconds(3000));
    for (std::int64_t r = 0; r < call.m; ++r)
      for (std::int64_t n = 0; n < call.n; ++n) {
        float sum = 0;
        for (std::int64_t i = 0; i < call.k; ++i) {
          const std::int64_t k = descends(call, name, r) ? call.k - 1 - i : i;
          sum = std::fma(element(call, call.a, r * call.a_stride + k),
                         element(call, call.weight, n * call.k + k), sum);
        }
        if (name == kOneMoreInSevenRows && call.m == 7 && r == 2 && n == 3) sum += 1;
        float& c = call.c[r * call.c_stride + n];
        const float product = call.alpha * sum;
        if (!call.accumulate)
          c = product;
        else
          c = name == kFewRoundTwice ? product + c : std::fma(call.alpha, sum, c);
      }
  }

  const std::vector<std::uint64_t> many_, few_;
  Log& log_;
};

}  // namespace flm::test
