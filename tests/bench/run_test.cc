// Wrong, stale, overrunning and empty kernels get no time; right ones get strict JSON.
#include "bench/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "base/system/clock.h"
#include "bench/cases/buffered_case.h"
#include "bench/registry.h"
#include "bench/results/compare.h"
#include "bench/results/result_file.h"
#include "bench/views/roofline.h"
#include "bench/views/strict.h"
#include "bench/views/views.h"
#include "engine/cpu/cpu_backend.h"

namespace flm::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::int64_t kCount = 1000;

enum class Defect { kNone, kOffByOne, kStale, kNan, kOverrun, kInputChanged, kThrows, kPartial };

/// out[i] = 2 x[i], with a defect; a stale kernel works the first few times only.
class DoublingCase : public BufferedCase {
 public:
  DoublingCase(int copies, Defect defect)
      : BufferedCase(copies), defect_(defect), x_(add_input(kCount, 1)), out_(add_output(kCount)) {}
  void call(int copy) override {
    float *x = buffer(copy, x_), *out = buffer(copy, out_);
    const double until = monotonic_seconds() + 20e-6;
    while (monotonic_seconds() < until) {
    }
    if (defect_ == Defect::kThrows) throw std::runtime_error("kernel broke");
    if (defect_ == Defect::kStale && ++runs_ > 4) return;
    const std::int64_t last = defect_ == Defect::kPartial ? kCount - 1 : kCount;
    for (std::int64_t i = 0; i < last; ++i)
      out[i] = 2 * x[defect_ == Defect::kOffByOne && i > 0 ? i - 1 : i];
    if (defect_ == Defect::kNan) out[7] = std::numeric_limits<float>::quiet_NaN();
    if (defect_ == Defect::kOverrun) out[kCount + 3] = 1;
    if (defect_ == Defect::kInputChanged) x[500] += 1;
  }

 protected:
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t i = 0; i < kCount; ++i)
      if (defect_ != Defect::kInputChanged || i != 500)
        errors.add(buffer(copy, out_)[i], 2 * static_cast<double>(drawn(copy, x_, i)), 1e-6);
  }

 private:
  Defect defect_;
  int x_, out_, runs_ = 0;
};

Row doubling_row(Defect defect) {
  Row row;
  row.op = "double";
  row.model = "test";
  row.device = "cpu";
  row.dtype = "fp32";
  row.shape = "n:" + std::to_string(static_cast<int>(defect));
  row.cold = false;
  row.cost = {1000, 4000, 4000};
  row.resident_bytes = 8000;
  row.make = [defect](const Backend&, int copies) {
    return std::make_unique<DoublingCase>(copies, defect);
  };
  return row;
}

Machine small_machine() {
  Machine machine;
  machine.cpu = "test";
  machine.l1_bytes = 32768;
  machine.l2_bytes = 1048576;
  machine.last_cache_bytes = 4194304;
  machine.isa = "portable";
  return machine;
}

RunSettings quick() {
  RunSettings settings;
  settings.sampler.most_seconds = 0.2;
  settings.sampler.least_seconds = 0.02;
  settings.sampler.warm_up_seconds = 0.01;
  settings.ceilings_beside = false;
  return settings;
}

ResultFile run(const std::vector<Row>& rows, const Ceilings& known,
               RunSettings settings = quick()) {
  SilentProgress progress;
  const Machine machine = small_machine();
  CeilingMeter ceilings(machine);
  ceilings.start_from(known);
  return parse_results(run_rows(rows, ceilings, machine, settings, progress), "test");
}

TEST(Run, RightKernelHasATimeForEachRepetition) {
  RunSettings settings = quick();
  settings.repetitions = 3;
  const ResultFile results = run({doubling_row(Defect::kNone)}, {}, settings);
  ASSERT_EQ(results.rows.size(), 1u);
  const ResultRow& row = results.rows[0];
  EXPECT_EQ(row.name, "double/test/cpu/fp32/n:0/hot/threads:1");
  EXPECT_EQ(row.error, "");
  ASSERT_EQ(row.seconds.size(), 3u);
  ASSERT_EQ(row.least.size(), 3u);
  for (double seconds : row.seconds) EXPECT_GE(seconds, 20e-6);
  EXPECT_NEAR(row.seconds[2] * 1e6, row.counters.at("median_us"), 1e-3);
  EXPECT_GE(row.counters.at("n"), 20);
  EXPECT_EQ(row.counters.at("flops"), 1000);
  EXPECT_THAT(row.label, HasSubstr("cache=hot"));
  EXPECT_THAT(row.label, HasSubstr("stop="));
  EXPECT_EQ(row.repro, "flmeval bench run --full --filter '^" + row.name + "$'");
  EXPECT_THAT(results_text(results), HasSubstr("  " + row.repro + "\n"));
  EXPECT_THAT(results_text(results), HasSubstr("load_average_at_start"));
  EXPECT_THAT(results_markdown(results), HasSubstr("    " + row.repro + "\n"));
  EXPECT_TRUE(results.context.contains("compiler"));
}

/// What lasts longer than a row, a neighbour's work or where memory lies, must not hit all
/// repetitions of one row alike.
TEST(Run, RepetitionsOfARowAreSpreadOverTheRunInBuffersOfTheirOwn) {
  RunSettings settings = quick();
  settings.repetitions = 3;
  std::string order;
  std::vector<Row> rows;
  for (const char name : {'a', 'b'}) {
    Row row = doubling_row(Defect::kNone);
    row.model = name;
    row.make = [&order, name](const Backend&, int copies) {
      order += name;
      return std::make_unique<DoublingCase>(copies, Defect::kNone);
    };
    rows.push_back(row);
  }
  const ResultFile results = run(rows, {}, settings);
  EXPECT_EQ(order, "ababab");
  ASSERT_EQ(results.rows.size(), 2u);
  for (std::size_t r = 0; r < 2; ++r) {
    EXPECT_EQ(results.rows[r].name, rows[r].name());
    EXPECT_EQ(results.rows[r].seconds.size(), 3u);
  }
}

/// A later row's look at a ceiling counts for the rows before it too, and for what is printed.
TEST(Run, FloorsOfAllRowsAreOfTheCeilingsAtTheEnd) {
  Row first = doubling_row(Defect::kNone), second = doubling_row(Defect::kNone);
  first.cost = {0.01, 4000, 4000};  // 10 us at the rate that is known: it looks possible
  second.cost = {100, 4000, 4000};  // 0.1 s: it does not, and the ceiling is measured again
  second.model = "again";
  const ResultFile results = run({first, second}, {{"fma_fp32/threads:1", 1e3}});
  const double ceiling = stored_ceilings(results).at("fma_fp32/threads:1");
  EXPECT_GT(ceiling, 1e6);
  ASSERT_EQ(results.rows.size(), 2u);
  const auto& counters = results.rows[0].counters;
  EXPECT_NEAR(counters.at("floor_us") * ceiling, 0.01 * 1e6, 0.01);
  EXPECT_NEAR(counters.at("pct_roof"), 100 * counters.at("floor_us") / counters.at("median_us"),
              1e-6);
  EXPECT_NEAR(results.rows[1].counters.at("floor_us") * ceiling, 100 * 1e6, 100);
}

TEST(Run, WhatMakesTimesLongerIsAFactOfTheResult) {
  RunSettings settings = quick();
  const ResultFile plain = run({doubling_row(Defect::kNone)}, {}, settings);
  EXPECT_FALSE(plain.context.contains("time_operations"));
  EXPECT_FALSE(plain.context.contains("inject_slowdown"));
  settings.operation_log = std::make_shared<OperationLog>();
  settings.sampler.slowdown = 0.5;
  settings.slowdown_rows = "^launch";
  const ResultFile timed = run({doubling_row(Defect::kNone)}, {}, settings);
  EXPECT_THAT(context_differences(plain, timed, true),
              ::testing::ElementsAre("time_operations: - | yes"));
  EXPECT_THAT(context_differences(plain, timed, false),
              ::testing::ElementsAre("inject_slowdown: - | ^launch=50"));
  EXPECT_THAT(warnings_of(timed),
              ::testing::Contains(StartsWith("SLOWED DOWN by --inject-slowdown ^launch=50")));
}

TEST(Run, BrokenKernelsHaveNoTime) {
  for (Defect defect : {Defect::kOffByOne, Defect::kStale, Defect::kNan, Defect::kOverrun,
                        Defect::kInputChanged, Defect::kThrows, Defect::kPartial}) {
    const ResultFile results = run({doubling_row(defect)}, {});
    ASSERT_EQ(results.rows.size(), 1u);
    EXPECT_TRUE(results.rows[0].seconds.empty()) << static_cast<int>(defect);
    EXPECT_TRUE(has_failures(results));
    EXPECT_THAT(results.rows[0].error, StartsWith("INCORRECT")) << static_cast<int>(defect);
  }
  EXPECT_THAT(run({doubling_row(Defect::kStale)}, {}).rows[0].error, HasSubstr("after timing"));
  EXPECT_THAT(run({doubling_row(Defect::kOverrun)}, {}).rows[0].error,
              HasSubstr("around a buffer"));
}

/// A product that nobody computes: faster than any machine.
class EmptyCase : public Case {
 public:
  void restore(int, int) override {}
  void run(int) override {}
  void place_on(const Backend&) override {}
  Check check(int, int) override { return {}; }
};

TEST(Run, EmptyKernelIsInvalidByTheFloor) {
  Row row = doubling_row(Defect::kNone);
  row.cost = {2e9, 4e6, 4e6};
  row.make = [](const Backend&, int) { return std::make_unique<EmptyCase>(); };
  SilentProgress progress;
  const Machine machine = small_machine();
  CeilingMeter ceilings(machine);
  ceilings.measure("fma_fp32/threads:1", 0.05);
  ASSERT_GT(ceilings.best().at("fma_fp32/threads:1"), 1e8);
  const ResultFile results =
      parse_results(run_rows({row}, ceilings, machine, quick(), progress), "test");
  EXPECT_TRUE(results.rows[0].seconds.empty());
  EXPECT_THAT(results.rows[0].error, StartsWith("INVALID"));
}

TEST(Run, SkippedRowsSayWhyAndAreNoFailures) {
  Row row = doubling_row(Defect::kNone);
  row.skip = "no CUDA device";
  const ResultFile results = run({row}, {});
  EXPECT_EQ(results.rows[0].error, "skipped: no CUDA device");
  EXPECT_TRUE(is_skipped(results.rows[0]));
  EXPECT_FALSE(has_failures(results));
  EXPECT_THAT(results_text(results), HasSubstr("0 passed, 0 failed, 1 skipped"));
}

TEST(Run, RowsBehindAStopAreLeftOutAndSaid) {
  RunSettings settings = quick();
  settings.repetitions = 2;
  int begun = 0;
  settings.stopped = [&] { return ++begun > 3; };
  std::vector<Row> rows = {doubling_row(Defect::kNone), doubling_row(Defect::kNone),
                           doubling_row(Defect::kNone)};
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].shape = "n:" + std::to_string(100 + i);
  const ResultFile results = run(rows, {}, settings);
  ASSERT_EQ(results.rows.size(), 3u);
  for (const ResultRow& row : results.rows) {
    EXPECT_EQ(row.seconds.size(), 1u);  // every row once before any twice
    EXPECT_EQ(row.error, "");
  }
  const std::string warning = "STOPPED: 3 of 6 repetitions were not begun";
  EXPECT_THAT(warnings_of(results), ::testing::Contains(warning));
  EXPECT_THAT(strict_faults(results), ::testing::Contains(warning));
  EXPECT_THAT(results_text(results), HasSubstr(warning + "\n\n"));
  EXPECT_THAT(results_markdown(results), HasSubstr("**" + warning + "**"));
  EXPECT_THAT(roofline_svg(results), HasSubstr(warning));
}

/// A build with the CUDA backend on a machine without a device.
TEST(Run, CudaRowsWithoutADeviceAreSkippedAloud) {
  RowChoice choice;
  choice.filter = "^gemm_o/smollm2-135m/cuda/";
  std::vector<Row> rows = every_row(1);
  std::erase_if(rows, [](const Row& row) { return row.device != "cuda"; });
  if (rows.empty()) GTEST_SKIP() << "skipped: this build has no CUDA rows (cmake --preset cuda)";
  rows = chosen_rows(rows, choice);
  if (rows[0].skip.empty()) GTEST_SKIP() << "skipped: there is a device here, the rows run";
  const ResultFile results = run(rows, {});
  ASSERT_EQ(results.rows.size(), rows.size());
  for (const ResultRow& row : results.rows)
    EXPECT_THAT(row.error, AllOf(StartsWith("skipped: "), HasSubstr("CUDA"))) << row.name;
  EXPECT_FALSE(has_failures(results));
  EXPECT_THAT(results_text(results),
              HasSubstr("0 failed, " + std::to_string(rows.size()) + " skipped"));
}

TEST(Run, WallCapHolds) {
  RunSettings settings = quick();
  settings.sampler.half_width = -1;  // no interval is that narrow, not even one of equal samples
  settings.sampler.most_seconds = 0.3;
  const ResultFile results = run({doubling_row(Defect::kNone)}, {}, settings);
  EXPECT_EQ(results.rows[0].counters.at("capped"), 1);
  EXPECT_THAT(results.rows[0].label, HasSubstr("stop=wall"));
  EXPECT_LT(results.rows[0].counters.at("wall_s"), 2);
}

TEST(Run, BudgetIsSharedByTheRows) {
  RunSettings settings = quick();
  settings.sampler.half_width = -1;  // until the wall cap
  settings.sampler.most_seconds = 100;
  settings.budget_seconds = 2;
  Row second = doubling_row(Defect::kNone);
  second.model = "again";
  const double begin = monotonic_seconds();
  const ResultFile results = run({doubling_row(Defect::kNone), second}, {}, settings);
  EXPECT_LT(monotonic_seconds() - begin, 6);
  for (const ResultRow& row : results.rows) {
    EXPECT_GE(row.counters.at("wall_s"), 0.5);
    EXPECT_EQ(row.counters.at("capped"), 1);
  }
}

TEST(Run, DataSheetGivesTheAnalyticBound) {
  Row row = doubling_row(Defect::kNone);
  row.processor = "AMD EPYC 9654 96-Core Processor";
  row.cost = {1000, 460800, 0};  // a microsecond at 460.8 GB/s
  const ResultRow with = run({row}, {}).rows[0];
  EXPECT_NEAR(with.counters.at("sheet_us"), 1, 1e-9);
  EXPECT_NEAR(with.counters.at("pct_sheet"), 100 / with.counters.at("median_us"), 0.01);
  EXPECT_FALSE(run({doubling_row(Defect::kNone)}, {}).rows[0].counters.contains("pct_sheet"));
}

TEST(Run, RowsThatDoNotFitSayHowMuchTheyNeed) {
  RunSettings settings = quick();
  settings.memory_bytes = 1e6;
  Row row = doubling_row(Defect::kNone);
  row.resident_bytes = 2e9;
  EXPECT_THAT(run({row}, {}, settings).rows[0].error, HasSubstr("skipped: needs 4.0 GB of memory"));
}

TEST(Run, InjectedSlowdownSlowsTheMatchingRowOnly) {
  RunSettings settings = quick();
  settings.sampler.slowdown = 1;
  settings.slowdown_rows = "n:0";
  const double slow = run({doubling_row(Defect::kNone)}, {}, settings).rows[0].least[0];
  settings.slowdown_rows = "other";
  const double plain = run({doubling_row(Defect::kNone)}, {}, settings).rows[0].least[0];
  EXPECT_GT(slow / plain, 1.8);
  EXPECT_LT(slow / plain, 2.2);
}

/// The way of a device, with memory of its own, walked on the CPU.
TEST(Run, RowsVerifyInMemoryOfTheBackend) {
  RowChoice choice;
  choice.full = true;
  choice.filter =
      "(gemm_o|rms|add_rms|rope|silu|layer|attention_dec|embed|lm_head).*smollm2.*/fp32/"
      "(T:1/|T:64/|B:16/L:1024/)(hot|cold)/threads:1";
  const auto backend = make_cpu_backend(1, "");
  int rows = 0;
  for (const Row& row : chosen_rows(every_row(1), choice)) {
    const auto work = row.make(*backend, 1);
    work->place_on(*backend);
    work->restore(0, 1);
    work->run(0);
    work->wait();
    const Check check = work->check(0, 1);
    EXPECT_TRUE(check.passed) << row.name() << ": " << check.reason;
    ++rows;
  }
  EXPECT_GE(rows, 15);
}

/// Every operation of the registry against its reference at its smallest SmolLM2 shape.
TEST(Run, RegistryVerifies) {
  RowChoice choice;
  choice.full = true;
  choice.filter =
      "(rmsnorm|add_|rope|silu|gemm|layer).*smollm2.*T:(1|16|64)/hot|layer/smollm2.*T:16/|"
      "attention_(chunk|decode(_shared)?/smollm2.*B:16/L:1024/hot)|embedding/smollm2.*T:64/|"
      "kv_(append|copy)/smollm2.*T:64/|(argmax|sample)/smollm2.*B:8/|widen.*smollm2.*T:64/|"
      "gather_columns.*T:8/|norm_columns.*T:64/hot|launch|(read|copy|triad)/|"
      "lm_head.*smollm2.*T:8/|softmax.*smollm2.*T:1/|attention_prefill/(smollm2|mup).*S:512";
  const auto fp32 = make_cpu_backend(2, ""), bf16 = make_cpu_backend(2, "", true);
  std::set<std::string> ops;
  int rows = 0;
  for (const Row& row : chosen_rows(every_row(2), choice)) {
    const bool of_one = row.op == "argmax" || row.op == "sample" || row.op == "widen_bf16";
    if (row.threads != (of_one ? 1 : 2) || row.model.starts_with("52b-tp1")) continue;
    const auto work = row.make(row.dtype == "bf16" ? *bf16 : *fp32, 2);
    for (int copy : {0, 1}) {
      work->restore(copy, 5 + copy);
      work->run(copy);
      const Check check = work->check(copy, 1);
      EXPECT_TRUE(check.passed) << row.name() << ": " << check.reason;
      EXPECT_LE(check.max_error, 1) << row.name();
    }
    ops.insert(row.op);
    ++rows;
  }
  EXPECT_GE(rows, 40);
  EXPECT_GE(ops.size(), 26u);
}

ResultFile measured(const std::string& load) {
  ResultFile file;
  file.context = {{"load_average_at_start", load}, {"cores", "2"}};
  ResultRow row;
  row.name = "gemm_qkv/smollm2-135m/cpu/fp32/T:512/cold/threads:2";
  row.seconds = {1.5e-3};
  row.counters = {{"median_us", 1500}, {"n", 20},          {"GFLOPs", 91.25},
                  {"GBps", 1.5},       {"pct_roof", 77.1}, {"capped", 1}};
  file.rows = {row};
  return file;
}

TEST(Views, BusyMachineIsSaidBeforeTheTable) {
  EXPECT_THAT(results_text(measured("13.04 9.1 4.2 1/99 7")),
              StartsWith("BUSY MACHINE: load average 13.0 on 2 cores"));
  EXPECT_THAT(results_markdown(measured("13.04 9.1 4.2 1/99 7")), HasSubstr("**BUSY MACHINE"));
  EXPECT_THAT(results_text(measured("0.40 9.1 4.2 1/99 7")), StartsWith("row "));
  EXPECT_EQ(count_of_wide(measured("0")), 1u);
}

TEST(Views, TableKeepsWithinItsColumns) {
  const ResultFile file = measured("0");
  const std::string wide = results_text(file);
  EXPECT_THAT(wide, HasSubstr("GB/s"));
  EXPECT_THAT(wide, ::testing::Not(HasSubstr("% sheet")));  // nobody knows this processor
  for (std::size_t columns : {60u, 80u, 100u, 140u}) {
    const std::string text = results_text(file, columns);
    std::istringstream lines(text.substr(0, text.find("ceiling  measured")));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), columns) << text;
    EXPECT_THAT(text, HasSubstr("77.1")) << columns;  // what the row is about is never dropped
    EXPECT_THAT(text, HasSubstr("1.50 ms")) << columns;
  }
}

TEST(Ceilings, OnlyThoseOfTheRowsAreMeasured) {
  Machine machine = this_machine();
  machine.threads = 2;
  RowChoice choice;
  choice.filter = "^gemm_qkv/smollm2-135m/cpu/fp32/T:512/cold/threads:1$";
  choice.full = true;
  const std::set<std::string> names = needed_ceilings(chosen_rows(every_row(2), choice), machine);
  for (const std::string& name : names) EXPECT_THAT(name, ::testing::EndsWith("/threads:1"));
  EXPECT_TRUE(names.contains("fma_fp32/threads:1"));
  EXPECT_FALSE(names.contains("dot_bf16/threads:1"));
  EXPECT_FALSE(names.contains("read_l1/threads:1"));
}

TEST(Roofline, IsAPictureWithATooltipForEachRow) {
  const ResultFile results = run({doubling_row(Defect::kNone)}, {});
  ResultFile file = results;
  file.context["ceiling/read/threads:1"] = "20000000000";
  file.context["ceiling/fma_fp32/threads:1"] = "100000000000";
  const std::string svg = roofline_svg(file);
  EXPECT_THAT(svg, StartsWith("<svg xmlns="));
  EXPECT_THAT(svg, HasSubstr("<title>double/test/cpu/fp32/n:0/hot/threads:1"));
  EXPECT_THAT(svg, HasSubstr("fp32, threads:1"));
  EXPECT_THAT(svg, HasSubstr(">n:0</text>"));  // the mark's label: the shape of the only one
  EXPECT_THAT(svg, HasSubstr(" cores · "));    // whose figures these are
  EXPECT_THAT(svg, ::testing::Not(HasSubstr("<script")));
}

/// A bound of 36 ns is no "0.0": what stands beside it, 41.4 % of 87 ns, would be of nothing.
TEST(Views, BoundsOfNanosecondsHaveDigits) {
  ResultFile file;
  file.rows.push_back({"a", {87e-9}, {}, "", "", "", {}});
  file.rows[0].counters = {{"median_us", 0.087}, {"floor_us", 0.0356}, {"sheet_us", 1.944}};
  const std::string text = results_text(file);
  EXPECT_THAT(text, HasSubstr(" 0.0356 "));
  EXPECT_THAT(text, HasSubstr(" 1.94"));
  file.rows[0].counters = {{"median_us", 87}, {"floor_us", 35.64}, {"sheet_us", 0.1944}};
  EXPECT_THAT(results_text(file), HasSubstr(" 35.6 "));
  EXPECT_THAT(results_text(file), HasSubstr(" 0.194"));
}

}  // namespace
}  // namespace flm::bench
