// The list, its names, and its costs: figures of reference/kernels.md worked out by hand.
#include "bench/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/errors.h"
#include "bench/machine/ceilings.h"
#include "bench/run.h"
#include "tests/error_of.h"

namespace flm::bench {
namespace {

const Row& row_named(const std::vector<Row>& rows, const std::string& name) {
  for (const Row& row : rows)
    if (row.name() == name) return row;
  throw UserError("no such row: " + name);
}

TEST(Registry, NamesAreUnique) {
  std::set<std::string> names;
  for (const Row& row : every_row(2)) EXPECT_TRUE(names.insert(row.name()).second) << row.name();
  EXPECT_GT(names.size(), 1000u);
}

TEST(Registry, HasEveryOperation) {
  std::set<std::string> ops;
  for (const Row& row : every_row(1)) ops.insert(row.op);
  for (const char* op : {"gemm_qkv",
                         "gemm_o",
                         "gemm_gate_up",
                         "gemm_down",
                         "lm_head",
                         "lm_head_logprob",
                         "rmsnorm",
                         "add_residual",
                         "add_rmsnorm",
                         "norm_columns",
                         "rope",
                         "silu_mul",
                         "embedding",
                         "softmax_stats",
                         "attention_prefill",
                         "attention_chunk",
                         "attention_decode",
                         "attention_decode_shared",
                         "layer",
                         "kv_append",
                         "rope_kv_append",
                         "kv_copy",
                         "widen_bf16",
                         "argmax",
                         "sample",
                         "read",
                         "copy",
                         "triad",
                         "launch"})
    EXPECT_TRUE(ops.contains(op)) << op;
  EXPECT_FALSE(ops.contains("gather_columns"));  // one core cannot hold two ranks
  ops.clear();
  for (const Row& row : every_row(2)) ops.insert(row.op);
  EXPECT_TRUE(ops.contains("gather_columns"));
}

TEST(Registry, CallsThatTakeTooLongSayWhatToDo) {
  const std::vector<Row> rows = every_row(2);
  // 2 x 4096 x 43648 x 8192 = 2.9 TFLOP.
  EXPECT_THAT(row_named(rows, "gemm_gate_up/52b-tp1/cpu/fp32/T:4096/cold/threads:2").skip,
              ::testing::HasSubstr("smaller T"));
  for (const Row& row : rows) {
    if (row.standard && row.device == "cpu") {
      EXPECT_EQ(row.skip, "") << row.name();
    }
  }
}

TEST(Registry, LayersOf52BAtEveryWidth) {
  const std::vector<Row> rows = every_row(2);
  for (const char* width : {"1", "2", "4", "8"}) {
    const Row& layer =
        row_named(rows, std::string("layer/52b-tp") + width + "/cpu/bf16w/T:1/cold/threads:2");
    EXPECT_EQ(layer.skip, "");
    EXPECT_GT(layer.cost.flops, 2 * 804e6 / std::stod(width));  // 804.8 M parameters a layer
  }
}

/// How far from its peak a whole layer is, which no row of one operation says.
TEST(Registry, ALayerOfEachDtypeIsHeldToThePeakOfItsOperands) {
  const std::vector<Row> rows = every_row(2);
  const Ceilings ceilings = {{"read/threads:2", 40e9},
                             {"copy/threads:2", 40e9},
                             {"fma_fp32/threads:2", 200e9},
                             {"dot_bf16/threads:2", 400e9}};
  Machine machine;
  machine.bf16_dot = true;
  const auto floor = [&](const std::string& dtype) {
    return floor_of(row_named(rows, "layer/smollm2-135m/cpu/" + dtype + "/T:512/cold/threads:2"),
                    ceilings, machine);
  };
  EXPECT_EQ(floor("fp32").ceiling, "fma_fp32/threads:2");
  EXPECT_EQ(floor("bf16w").ceiling, "fma_fp32/threads:2");
  EXPECT_EQ(floor("bf16").ceiling, "dot_bf16/threads:2");
  EXPECT_DOUBLE_EQ(2 * floor("bf16").seconds, floor("fp32").seconds);
}

TEST(Run, EstimateGrowsWithTheRowsAndKeepsTheBudget) {
  Machine machine;
  machine.last_cache_bytes = 32e6;
  machine.threads = 2;
  const Ceilings ceilings = {{"read/threads:2", 70e9},
                             {"copy/threads:2", 80e9},
                             {"triad/threads:2", 70e9},
                             {"fma_fp32/threads:2", 230e9}};
  const std::vector<Row> all = every_row(2), rows = chosen_rows(all, {});
  RunSettings settings;
  const Estimate whole = estimate_of(rows, ceilings, machine, settings);
  EXPECT_GT(whole.quiet, static_cast<double>(rows.size()) * 0.3);
  EXPECT_LT(whole.quiet, 300);  // the default set: minutes on two cores
  EXPECT_GT(whole.most, whole.quiet);
  settings.budget_seconds = 240;
  EXPECT_LT(estimate_of(rows, ceilings, machine, settings).most, 300);
  // A row is checked and gets half a second, however little is left.
  settings.budget_seconds = 1;
  const Estimate spent = estimate_of(rows, ceilings, machine, settings);
  EXPECT_GT(spent.most, 0.75 * static_cast<double>(rows.size()) * settings.repetitions);
  EXPECT_LE(spent.quiet, spent.most);
}

TEST(Registry, CostsAreThoseOfTheFormulas) {
  const std::vector<Row> rows = every_row(1);
  // 24576 x 8192 at one token: 2 T N K = 402,653,184 FLOP; weights of 2 bytes: 402.65 MB.
  const Row& qkv = row_named(rows, "gemm_qkv/52b-tp1/cpu/bf16w/T:1/cold/threads:1");
  EXPECT_EQ(qkv.cost.flops, 402653184.0);
  EXPECT_EQ(qkv.cost.read_bytes, 402653184.0 + 4 * 8192);
  EXPECT_EQ(qkv.cost.write_bytes, 4.0 * 24576);
  // TP8: down is 8192 x 2728.
  EXPECT_EQ(row_named(rows, "gemm_down/52b-tp8/cpu/fp32/T:16/cold/threads:1").cost.flops,
            2.0 * 16 * 8192 * 2728);
  // Prefill of 4096 at TP1: 274.9 GFLOP (kernels.md 7.4).
  EXPECT_NEAR(
      row_named(rows, "attention_prefill/52b-tp1/cpu/fp32/S:4096/cold/threads:1").cost.flops,
      274.9e9, 0.05e9);
  // Chunk of 512 behind 4096: 2 (2 * 4096 - 512) * 512 * H d.
  EXPECT_EQ(
      row_named(rows, "attention_chunk/52b-tp1/cpu/fp32/q:512/kv:4096/cold/threads:1").cost.flops,
      2.0 * (2 * 4096 - 512) * 512 * 8192);
  // Decode L = 4096, B = 16: 4 B H L d FLOP; K and V of 3 kv heads x 64 read once.
  const Row& decode =
      row_named(rows, "attention_decode/smollm2-135m/cpu/fp32/B:16/L:4096/cold/threads:1");
  EXPECT_NEAR(decode.cost.flops, 4.0 * 16 * 576 * 4096, 16 * 2 * 576 * 2.0);
  EXPECT_EQ(decode.cost.read_bytes, 4.0 * 16 * (576 + 2 * 4096 * 192));
}

/// Operands are rounded to bf16 on the way; the engine's rows are fp32 in memory.
TEST(Registry, RowsOfBf16ProductsMoveFourBytesAValue) {
  const std::vector<Row> rows = every_row(1);
  const Row& o = row_named(rows, "gemm_o/mup-283m/cpu/bf16/T:4096/cold/threads:1");
  EXPECT_EQ(o.cost.read_bytes, 4.0 * 4096 * 512 + 2.0 * 512 * 512);
  EXPECT_EQ(o.cost.write_bytes, 4.0 * 4096 * 512);
  // Logits: 4 T V (kernels.md 7.2).
  const Row& head = row_named(rows, "lm_head/smollm2-135m/cpu/bf16/T:64/cold/threads:1");
  EXPECT_EQ(head.cost.write_bytes, 4.0 * 64 * 49152);
  EXPECT_EQ(head.cost.read_bytes, 4.0 * 64 * 576 + 2.0 * 576 * 49152);
}

/// By backtracking this expression takes minutes for a name of this length.
TEST(Registry, NoFilterTakesForever) {
  RowChoice choice;
  choice.filter = "(.*)*X";
  EXPECT_FALSE(
      RowFilter(choice).finds("attention_decode_shared/smollm2-135m/cpu/fp32/B:16/L:4096"));
  EXPECT_TRUE(RowFilter(choice).finds("attention_decode_shared/X"));
  choice.filter = "(a)\\1";
  EXPECT_THAT(error_of([&] { (void)RowFilter(choice); }),
              ::testing::AllOf(::testing::StartsWith("--filter is no regular expression"),
                               ::testing::HasSubstr("without back-references")));
}

TEST(Registry, ChoiceByFilterThreadsAndDtype) {
  const std::vector<Row> rows = every_row(2);
  RowChoice choice;
  choice.filter = "^gemm_o/smollm2.*T:512/cold";
  choice.threads = 2;
  EXPECT_EQ(chosen_rows(rows, choice).size(), 1u);
  EXPECT_THAT(left_out(rows, choice), ::testing::StartsWith("left out: 2 more rows"));
  EXPECT_THAT(left_out(rows, choice), ::testing::HasSubstr("--full"));
  choice.full = true;
  EXPECT_EQ(left_out(rows, choice), "");
  EXPECT_EQ(chosen_rows(rows, choice).size(), 3u);  // fp32, bf16w and bf16
  choice.dtype = "bf16w";
  EXPECT_EQ(chosen_rows(rows, choice).front().dtype, "bf16w");
  choice.filter = "no such row";
  EXPECT_THROW(chosen_rows(rows, choice), UserError);
  choice.filter = "(";
  EXPECT_THROW(chosen_rows(rows, choice), UserError);
}

TEST(Registry, ColdRowsRotateThroughThreeLastCaches) {
  Machine machine;
  machine.last_cache_bytes = 32e6;
  Row row;
  row.device = "cpu";
  row.cost = {0, 1e6, 1e6};
  row.resident_bytes = 2e6;
  EXPECT_EQ(copies_of(row, machine), 49);
  row.cold = false;
  EXPECT_EQ(copies_of(row, machine), 1);
  row.cold = true;
  row.resident_bytes = row.cost.read_bytes = 100e6;
  EXPECT_EQ(copies_of(row, machine), 1);
  row.device = "cuda";  // whose cache may be larger than this machine's
  EXPECT_GT(copies_of(row, machine), 1);
}

TEST(Ceilings, TheSlowerOfMemoryAndArithmeticBinds) {
  Machine machine;
  machine.l1_bytes = 32e3;
  machine.l2_bytes = 1e6;
  machine.last_cache_bytes = 32e6;
  machine.bf16_dot = true;
  const Ceilings ceilings = {{"read/threads:1", 20e9},    {"copy/threads:1", 30e9},
                             {"triad/threads:1", 25e9},   {"fma_fp32/threads:1", 100e9},
                             {"read_l2/threads:1", 80e9}, {"dot_bf16/threads:1", 200e9}};
  Row row;
  row.device = "cpu";
  row.cost = {1e9, 1e9, 0};
  Floor floor = floor_of(row, ceilings, machine);
  EXPECT_EQ(floor.bound, "memory");
  EXPECT_DOUBLE_EQ(floor.seconds, 0.05);
  row.cost.flops = 100e9;
  floor = floor_of(row, ceilings, machine);
  EXPECT_EQ(floor.ceiling, "fma_fp32/threads:1");
  EXPECT_DOUBLE_EQ(floor.seconds, 1);
  row.dtype = "bf16";
  EXPECT_DOUBLE_EQ(floor_of(row, ceilings, machine).seconds, 0.5);
  machine.bf16_dot = false;  // by fp32's instructions, then
  EXPECT_DOUBLE_EQ(floor_of(row, ceilings, machine).seconds, 1);
  row.cost = {0, 5e5, 5e5};  // half is written: the better of copy and triad
  EXPECT_EQ(floor_of(row, ceilings, machine).ceiling, "copy/threads:1");
  row.cold = false;
  EXPECT_EQ(floor_of(row, ceilings, machine).ceiling, "read_l2/threads:1");
}

TEST(Ceilings, ADevicesRowsHaveItsOwn) {
  const Machine machine;
  const Ceilings ceilings = {{"read/threads:1", 1},      {"fma_fp32/threads:1", 1},
                             {"cuda/copy", 2e12},        {"cuda/read", 2.5e12},
                             {"cuda/gemm_bf16", 600e12}, {"cuda/gemm_fp32", 50e12}};
  Row row;
  row.device = "cuda";
  row.cost = {0, 5e9, 0};
  EXPECT_EQ(floor_of(row, ceilings, machine).ceiling, "cuda/read");
  EXPECT_DOUBLE_EQ(floor_of(row, ceilings, machine).seconds, 2e-3);
  row.cost = {0, 4e9, 1e9};
  EXPECT_DOUBLE_EQ(floor_of(row, ceilings, machine).seconds, 2.5e-3);
  row.cold = false;  // its caches may hold all of it
  EXPECT_EQ(floor_of(row, ceilings, machine).seconds, 0);
  row.cost.flops = 100e9;
  EXPECT_DOUBLE_EQ(floor_of(row, ceilings, machine).seconds, 2e-3);
  row.dtype = "bf16";
  EXPECT_EQ(floor_of(row, ceilings, machine).ceiling, "cuda/gemm_bf16");
  EXPECT_EQ(floor_of(row, {}, machine).seconds, 0);
}

}  // namespace
}  // namespace flm::bench
