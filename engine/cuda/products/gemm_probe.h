// What only a device can say of a library's products, as tables: which algorithm takes how many
// rows, how fast, with which bits.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <span>
#include <vector>

#include "engine/cuda/products/gemm_library.h"
#include "engine/cuda/products/sustained_products.h"

namespace flm {

/// The five products of Tele-FLM's 52B in bf16: q, k and v; o; gate and up; down; head.
std::vector<GemmShape> products_of_52b();

/// Rows that a probe asks the library for, and rows of the calls that it makes.
struct ProbeRows {
  std::vector<std::int64_t> asked{4096, 16, 64};
  std::vector<std::int64_t> called{1, 16, 32, 64, 128, 1024, 4096};
};

/// A line of CSV for each choice and number of rows m: the columns are n, k, asked_rows, index (in
/// the library's order), id, tile, stages, cluster, split, workspace (bytes asked for at m), m,
/// accepted (0, 1), microseconds (best), hash (of the first row's bits, alone and added to others),
/// equal_to_first (0, 1: the hash is that of the first choice in its largest call). `lines` get
/// "key value unit".
void probe_gemm(GemmLibrary& library, std::span<const GemmShape> shapes, const ProbeRows& rows,
                std::ostream& csv, std::ostream& lines);

/// Which choices for a rank's part of the outputs (n / ranks, k) have the bits of which choices for
/// all of them (n, k): on it depends whether a tensor-parallel run may keep one GPU's bits. A line
/// of CSV for each choice for a part: n, k, ranks, asked_rows, index, id, tile, stages, cluster, m,
/// equal_to (indices of the choices for (n, k), with spaces between). Parts that are not whole are
/// left out, and said so.
void probe_tensor_parallel(GemmLibrary& library, std::span<const GemmShape> shapes,
                           std::span<const int> ranks, std::ostream& csv, std::ostream& lines);

/// bf16 products without a pause: a line of CSV for each quarter of a second with the columns
/// seconds, tflops, sm_mhz, memory_mhz, watts, celsius (empty where NVML is missing).
void probe_sustained(GemmLibrary& library, int device, const SustainedSizes& sizes,
                     std::ostream& csv, std::ostream& lines);

}  // namespace flm
