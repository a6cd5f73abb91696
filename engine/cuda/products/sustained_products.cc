#include "engine/cuda/products/sustained_products.h"

#include <algorithm>
#include <array>

#include "base/system/clock.h"
#include "engine/cuda/products/gemm_operands.h"
#include "engine/cuda/products/gemm_search.h"

namespace flm {
namespace {

constexpr double kStretchSeconds = 0.25;

}  // namespace

double sustained_flops(GemmLibrary& library, const SustainedSizes& sizes,
                       const DeviceSensors* sensors,
                       const std::function<void(const SustainedStretch&)>& tick) {
  const GemmShape shape{sizes.product, sizes.product, true};
  const TimedAlgorithm fastest = fastest_gemm(library, shape, sizes.product);
  const Stream stream;
  const GemmOperands operands(shape, sizes.product, stream);
  const Scratch c(operands.pool(), stream, sizes.product * sizes.product * 4),
      memory(operands.pool(), stream, kFreeWorkspace);
  const GemmCall call = operands.call(0, sizes.product, c.as<float>());
  const auto side = static_cast<double>(sizes.product);
  const int calls = std::max(1, static_cast<int>(kStretchSeconds / fastest.seconds));
  const double flops = 2 * side * side * side * calls;

  std::array<Event, 2> ends;  // of the stretch that runs, and of the one behind it
  const auto enqueue = [&](Event& end) {
    for (int i = 0; i < calls; ++i)
      library.run(fastest.settings, call, stream, {memory.as<void>(), kFreeWorkspace});
    end.record(stream);
  };
  stream.wait();
  const double begin = monotonic_seconds();
  double last = 0;
  std::int64_t stretches = 0;
  enqueue(ends[0]);
  for (; last < sizes.seconds; ++stretches) {
    enqueue(ends[(stretches + 1) % 2]);
    SustainedStretch stretch;
    if (sensors) stretch.sensors = sensors->read();
    ends[stretches % 2].wait();
    stretch.end = monotonic_seconds() - begin;
    stretch.flops = flops / (stretch.end - last);
    last = stretch.end;
    tick(stretch);
  }
  stream.wait();
  return flops * static_cast<double>(stretches) / last;
}

}  // namespace flm
