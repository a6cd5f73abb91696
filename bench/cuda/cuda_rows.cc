// The rows of the CPU on device 0: fp32 as they are; products, head and attention in bf16 too.
#include "bench/cuda/cuda_rows.h"

#include <algorithm>

#include "base/errors.h"
#include "bench/cases/model_shape.h"
#include "bench/ops/ops.h"
#include "engine/cuda/cuda_ceilings.h"
#include "engine/cuda/cuda_device.h"
#include "engine/cuda/device_speed.h"

namespace flm::bench {
namespace {

bool has_bf16(const Row& row) {
  return row.op.starts_with("gemm_") || row.op.starts_with("lm_head") ||
         row.op.starts_with("attention_");
}

/// What the engine does on the host whatever computes, and the CPU's order of K/V storage.
bool is_of_the_host(const Row& row) {
  return row.op == "argmax" || row.op == "sample" || row.op == "widen_bf16" ||
         row.op == "kv_append" || row.op == "rope_kv_append" || row.op == "kv_copy";
}

void add_twin(Row row, const std::string& processor, const std::string& skip,
              std::vector<Row>& rows) {
  row.device = "cuda";
  row.processor = processor;
  row.skip = skip;
  row.standard = row.model == "smollm2-135m" || row.model == "52b-tp8";
  rows.push_back(std::move(row));
}

}  // namespace

void add_cuda_rows(std::vector<Row>& rows) {
  std::string skip, processor;
  try {
    processor = inspect_cuda_device(0).name;
  } catch (const UserError& error) {
    skip = error.what();
  }
  std::vector<Row> all;
  for (const ModelShape& shape : model_shapes()) {
    add_gemm_rows(shape, 1, all);
    add_head_rows(shape, 1, all);
    add_norm_rows(shape, 1, all);
    add_rope_rows(shape, 1, all);
    add_elementwise_rows(shape, 1, all);
    add_logit_rows(shape, 1, all);
    add_attention_rows(shape, 1, all);
    add_bf16_attention_rows(shape, 1, all);
    add_layer_rows(shape, 1, all);
  }
  for (const Row& row : all)
    if (!is_of_the_host(row) && (row.dtype == "fp32" || (row.dtype == "bf16" && has_bf16(row))))
      add_twin(row, processor, skip, rows);
}

Ceilings cuda_ceilings(const std::vector<Row>& rows) {
  const auto runs_here = [](const Row& row) { return row.device == "cuda" && row.skip.empty(); };
  if (std::none_of(rows.begin(), rows.end(), runs_here)) return {};
  CeilingSizes sizes;
  sizes.fp32 = std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
    return runs_here(row) && has_bf16(row) && row.dtype == "fp32";  // others move bytes
  });
  const CudaCeilings device = measure_cuda_ceilings(0, sizes);
  keep_ceilings(inspect_cuda_device(0).name,
                {device.bf16_sustained_flops, device.fp32_flops, device.host_to_device_bytes});
  Ceilings ceilings = {{"cuda/copy", device.copy_bytes},
                       {"cuda/read", device.read_bytes},
                       {"cuda/gemm_bf16", device.bf16_flops},
                       {"cuda/gemm_bf16_sustained", device.bf16_sustained_flops}};
  if (sizes.fp32) ceilings["cuda/gemm_fp32"] = device.fp32_flops;
  return ceilings;
}

}  // namespace flm::bench
