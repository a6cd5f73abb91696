#include <device.h>

#include "engine/cuda/kernels/column_places.h"
#include "engine/cuda/kernels/vectors.h"

namespace flm::cuda {
namespace {

/// Of one row and one rank: reads and writes the rank's bytes of a row.
template <class Unit>
__global__ void __launch_bounds__(kRowThreads)
    place_columns_kernel(const Unit* __restrict__ gathered, std::int64_t width, ColumnPlaces places,
                         Unit* __restrict__ whole, std::int64_t whole_stride) {
  constexpr int kBytes = sizeof(Unit);
  const std::int64_t begin = places.begin[blockIdx.z] / kBytes,
                     end = places.begin[blockIdx.z + 1] / kBytes;
  const std::int64_t row = blockIdx.x, rows = gridDim.x;
  const Unit* from = gathered + (blockIdx.z * rows + row) * width;
  Unit* to = whole + row * whole_stride + begin;
  take_part<1>(
      end - begin, [&](std::int64_t i) { return from[i]; },
      [&](std::int64_t i, const Unit& unit) { to[i] = unit; });
}

bool multiples_of(std::int64_t bytes, const ColumnPlaces& places, std::int64_t width,
                  std::int64_t stride, const void* whole) {
  bool all = width % bytes == 0 && stride % bytes == 0 &&
             reinterpret_cast<std::uintptr_t>(whole) % static_cast<std::uintptr_t>(bytes) == 0;
  for (int r = 0; r <= places.ranks; ++r) all = all && places.begin[r] % bytes == 0;
  return all;
}

}  // namespace

void place_columns(CudaStream stream, const void* gathered, std::int64_t width_bytes,
                   std::int64_t rows, const ColumnPlaces& places, void* whole,
                   std::int64_t whole_stride) {
  const auto by = [&](auto unit) {
    using Unit = decltype(unit);
    constexpr std::int64_t kBytes = sizeof(Unit);
    dim3 grid = row_grid(rows, width_bytes / kBytes, 1);
    grid.z = static_cast<unsigned>(places.ranks);
    launch(place_columns_kernel<Unit>, grid, kRowThreads, 0, stream,
           static_cast<const Unit*>(gathered), width_bytes / kBytes, places,
           static_cast<Unit*>(whole), whole_stride / kBytes);
  };
  if (multiples_of(16, places, width_bytes, whole_stride, whole))
    by(uint4{});
  else if (multiples_of(4, places, width_bytes, whole_stride, whole))
    by(float{});
  else
    by(bf16{});
}

}  // namespace flm::cuda
