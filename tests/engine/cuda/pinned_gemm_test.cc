// Pinned algorithms over a stand-in for the library: one that depends on the number of rows is
// found out, and padded where there is no other; few rows have one of their own with equal bits.
#include "engine/cuda/products/pinned_gemm.h"

#include <gmock/gmock.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/cuda/products/free_gemm.h"
#include "tests/engine/cuda/cuda_fixture.h"
#include "tests/engine/cuda/stand_in_library.h"
#include "tests/temporary_folder.h"

namespace flm::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Ran = StandInLibrary::Ran;

constexpr std::int64_t kN = 5, kK = 9;  // an odd number of bf16
constexpr std::int64_t kRows = 300, kStride = 8;

class PinnedProducts : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    weight_ = place(kN, 3, host_weight_);
    a_ = place(kRows, 4, host_a_);
  }
  void TearDown() override {
    for (void* memory : {weight_, a_}) pool_.release(memory);
  }
  std::unique_ptr<PinnedGemm> open(std::vector<std::uint64_t> many,
                                   std::vector<std::uint64_t> few = {}) {
    return std::make_unique<PinnedGemm>(
        std::make_unique<StandInLibrary>(std::move(many), std::move(few), log_), table(), stream_);
  }
  AlgorithmTable table() const { return AlgorithmTable(path()); }
  std::string path() const { return folder_ / "table.txt"; }
  AlgorithmTable::Key key() const { return {kN, kK, GetParam() ? "bf16" : "fp32"}; }
  PinnedAlgorithm entry() const {
    const AlgorithmTable all = table();
    return all.find(key()) ? *all.find(key()) : PinnedAlgorithm{};
  }
  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(path()).rdbuf();
    return all.str();
  }

  /// c = 3 * a * weight^T + 1 of rows [begin, begin + rows), in rows of kStride.
  GemmCall call(std::int64_t begin, std::int64_t rows, void* c) const {
    const auto* a = static_cast<const std::byte*>(a_) + begin * kK * (GetParam() ? 2 : 4);
    GemmCall one{a, kK, weight_, static_cast<float*>(c), kStride, rows, kN, kK, GetParam()};
    one.alpha = 3;
    one.accumulate = true;
    return one;
  }
  std::vector<float> product(PinnedGemm& gemm, std::int64_t begin, std::int64_t rows) {
    std::vector<float> c(static_cast<std::size_t>(rows * kStride), 1.0f);
    const auto bytes = static_cast<std::int64_t>(c.size() * sizeof(float));
    void* memory = pool_.acquire(bytes, stream_);
    copy_to_device(memory, c.data(), bytes, stream_);
    gemm.run(call(begin, rows, memory));
    copy_to_host(c.data(), memory, bytes, stream_);
    stream_.wait();
    pool_.release(memory);
    return c;
  }
  /// The same by one ascending chain of fused multiply-adds for each value; 1 beyond the columns.
  std::vector<float> expected(std::int64_t begin, std::int64_t rows) const {
    std::vector<float> c(static_cast<std::size_t>(rows * kStride), 1.0f);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t n = 0; n < kN; ++n) {
        float sum = 0;
        for (std::int64_t k = 0; k < kK; ++k)
          sum = std::fma(host_a_[static_cast<std::size_t>((begin + r) * kK + k)],
                         host_weight_[static_cast<std::size_t>(n * kK + k)], sum);
        c[static_cast<std::size_t>(r * kStride + n)] = std::fma(3.0f, sum, 1.0f);
      }
    return c;
  }
  /// Of rows [0, rows) into rows of `stride` that begin `offset` values behind a multiple of 16
  /// bytes: what lies between them stays as it was.
  void expect_product_at(Gemm& gemm, std::int64_t offset, std::int64_t stride, std::int64_t rows) {
    std::vector<float> c(static_cast<std::size_t>(offset + rows * stride), 1.0f);
    const auto bytes = static_cast<std::int64_t>(c.size() * sizeof(float));
    void* memory = pool_.acquire(bytes, stream_);
    copy_to_device(memory, c.data(), bytes, stream_);
    GemmCall one = call(0, rows, static_cast<float*>(memory) + offset);
    one.c_stride = stride;
    gemm.run(one);
    const std::vector<float> dense = expected(0, rows);
    std::vector<float> wanted = c;
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(dense.begin() + r * kStride, kN, wanted.begin() + offset + r * stride);
    copy_to_host(c.data(), memory, bytes, stream_);
    stream_.wait();
    pool_.release(memory);
    EXPECT_EQ(c, wanted) << rows << " rows of " << stride << " behind " << offset;
  }
  /// What `gemm` runs for so many rows, which have the expected bits. A search comes before.
  std::vector<Ran> runs_of(PinnedGemm& gemm, std::int64_t rows, std::int64_t begin = 0) {
    log_.runs.clear();
    EXPECT_EQ(product(gemm, begin, rows), expected(begin, rows)) << rows << " from " << begin;
    return log_.runs;
  }

  StandInLibrary::Log log_;
  TemporaryFolder folder_;
  Stream stream_;
  DevicePool pool_{stream_, DevicePool::Takers::kSameStream};
  void *weight_ = nullptr, *a_ = nullptr;
  std::vector<float> host_weight_, host_a_;

 private:
  void* place(std::int64_t rows, std::uint32_t seed, std::vector<float>& host) {
    std::mt19937 generator(seed);
    std::vector<std::uint16_t> narrow;
    for (std::int64_t i = 0; i < rows * kK; ++i) {
      auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(generator()) * 0x1p-31f - 1);
      if (GetParam()) bits = bits >> 16 << 16;
      narrow.push_back(static_cast<std::uint16_t>(bits >> 16));
      host.push_back(std::bit_cast<float>(bits));
    }
    const std::int64_t bytes = rows * kK * (GetParam() ? 2 : 4);
    void* memory = pool_.acquire(bytes, stream_);
    copy_to_device(memory, GetParam() ? static_cast<const void*>(narrow.data()) : host.data(),
                   bytes, stream_);
    stream_.wait();
    return memory;
  }
};

TEST_P(PinnedProducts, TheFirstChoiceThatDoesNotDependOnRowsIsKept) {
  const auto gemm = open({kWantsWorkspace, kOddNumbersDiffer, kManyRowsOnly, kLateRowsDiffer,
                          kBelow100Differs, kAscending, kQuick});
  EXPECT_EQ(product(*gemm, 0, kRows), expected(0, kRows));
  EXPECT_THAT(log_.asked, ElementsAre(4096, 16, 64)) << "one search";
  EXPECT_EQ(entry().settings[0], kAscending);
  EXPECT_FALSE(entry().multiples);
  EXPECT_FALSE(entry().few);
  for (const std::int64_t rows : {1, 64, 129, 300})
    EXPECT_THAT(runs_of(*gemm, rows), ElementsAre(Ran{kAscending, rows}));
  product(*open({kQuick}), 0, kRows);
  EXPECT_EQ(log_.asked.size(), 3u) << "the table's entry counts";
}

TEST_P(PinnedProducts, WhatDependsOnOtherNumbersIsPaddedUpToMultiples) {
  for (const std::uint64_t name : {kOddNumbersDiffer, kBelow100Differs, kRefusesFew}) {
    std::filesystem::remove(path());
    const auto gemm = open({kManyRowsOnly, kLateRowsDiffer, name, kOddNumbersDiffer});
    EXPECT_EQ(product(*gemm, 0, kRows), expected(0, kRows));
    EXPECT_EQ(entry().settings[0], name);
    EXPECT_EQ(entry().multiples, name != 0);
    EXPECT_THAT(runs_of(*gemm, 300), ElementsAre(Ran{name, 256}, Ran{name, 128}));
    EXPECT_THAT(runs_of(*gemm, 256), ElementsAre(Ran{name, 256})) << "no copy";
    EXPECT_THAT(runs_of(*gemm, 127, 5), ElementsAre(Ran{name, 128}));
    for (const std::int64_t begin : {0, 1, 127, 128, 299})
      EXPECT_THAT(runs_of(*gemm, 1, begin), ElementsAre(Ran{name, 128}));
  }
}

TEST_P(PinnedProducts, FewRowsHaveOneOfTheirOwnWithEqualBits) {
  const auto gemm = open({kAscending}, {kFewDescending, kFewSlow, kFewRowsOnly});
  product(*gemm, 0, 1);
  ASSERT_TRUE(entry().few);
  EXPECT_EQ((*entry().few)[0], kFewRowsOnly);
  for (const std::int64_t rows : {1, 7, 64})
    EXPECT_THAT(runs_of(*gemm, rows), ElementsAre(Ran{kFewRowsOnly, rows}));
  EXPECT_THAT(runs_of(*gemm, 65), ElementsAre(Ran{kAscending, 65}));
  EXPECT_THAT(text(), HasSubstr("other bits with"));
  EXPECT_THAT(text(), HasSubstr("the pinned one's bits, 32 rows in"));

  const auto again = open({}, {});  // from the table
  EXPECT_THAT(runs_of(*again, 64), ElementsAre(Ran{kFewRowsOnly, 64}));
}

TEST_P(PinnedProducts, OneOfTheirOwnSavesFewRowsThePadding) {
  const auto gemm = open({kRefusesFew}, {kFewRowsOnly});
  product(*gemm, 0, 1);
  ASSERT_TRUE(entry().few);
  EXPECT_TRUE(entry().multiples);
  EXPECT_THAT(runs_of(*gemm, 16), ElementsAre(Ran{kFewRowsOnly, 16}));
  EXPECT_THAT(runs_of(*gemm, 300), ElementsAre(Ran{kRefusesFew, 256}, Ran{kFewRowsOnly, 44}));
  EXPECT_THAT(runs_of(*gemm, 100), ElementsAre(Ran{kRefusesFew, 128}));
}

TEST_P(PinnedProducts, OtherBitsOrMoreTimeAreNoUseForFewRows) {
  const auto gemm =
      open({kAscending}, {kFewDescending, kFewSlow, kFewRoundTwice, kDescending, kAscending});
  product(*gemm, 0, 1);
  EXPECT_EQ(entry().settings[0], kAscending);
  EXPECT_FALSE(entry().few);
}

/// As a rank's columns among those of all lie: c begins anywhere and has rows of any length, and so
/// may a. Algorithms were asked for operands at multiples of 16 bytes.
TEST_P(PinnedProducts, OperandsThatLieOtherwiseThanPromisedAreComputedApart) {
  for (const auto& [many, few] : {std::pair{kAscending, kFewRowsOnly}, {kRefusesFew, kFewSlow}}) {
    std::filesystem::remove(path());
    const auto gemm = open({many}, {few});
    for (const std::int64_t offset : {0, 1, 2, 3, 4})
      for (const std::int64_t stride : {kN, kStride, kStride - 1, kStride + 2})
        for (const std::int64_t rows : {1, 20, 300}) expect_product_at(*gemm, offset, stride, rows);
  }
  EXPECT_EQ(log_.strayed, 0);
  FreeGemm gemm(std::make_unique<StandInLibrary>(std::vector<std::uint64_t>{kQuick},
                                                 std::vector<std::uint64_t>{kQuick}, log_),
                stream_);
  expect_product_at(gemm, 3, kStride - 1, 20);
  EXPECT_EQ(log_.strayed, 0);
}

/// The plain run makes the padding or takes the algorithm for few rows; what is recorded does too.
TEST_P(PinnedProducts, RecordedCallsDoTheSame) {
  for (const bool twin : {false, true}) {
    std::filesystem::remove(path());
    const auto gemm = open({kRefusesFew}, twin ? std::vector<std::uint64_t>{kFewRowsOnly}
                                               : std::vector<std::uint64_t>{});
    constexpr std::int64_t kStep = 20, kBytes = kStep * kStride * 4;
    product(*gemm, 0, kStep);
    void* memory = pool_.acquire(kBytes, stream_);
    const Graph graph(stream_, [&] { gemm->run(call(0, kStep, memory)); });
    std::vector<float> c(static_cast<std::size_t>(kStep * kStride), 1.0f);
    copy_to_device(memory, c.data(), kBytes, stream_);
    graph.launch(stream_);
    copy_to_host(c.data(), memory, kBytes, stream_);
    stream_.wait();
    EXPECT_EQ(c, expected(0, kStep)) << twin;
    pool_.release(memory);
  }
}

TEST_P(PinnedProducts, WhereNoneWillDoTheErrorSaysWhyOfEach) {
  try {
    product(*open({kManyRowsOnly, kLateRowsDiffer}), 0, 1);
    FAIL() << "one was taken";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("n 5, k 9"));
    EXPECT_THAT(error.what(),
                HasSubstr("choice 0 (id 7, tile 128x256, stages 64x4, cluster 2x1x1): not taken "
                          "with 1, 2, 7, 16, 33, 64, 128, 129 rows"));
    EXPECT_THAT(error.what(), HasSubstr("choice 1 (id 5,"));
    EXPECT_THAT(error.what(), HasSubstr("256, 384 rows, first at row "));
  }
  EXPECT_THROW(product(*open({}), 0, 1), UserError) << "the library has none";
}

TEST_P(PinnedProducts, TheTableKeepsWhyOthersWereNotTaken) {
  product(*open({kRefusesFew, kQuick}), 0, 1);
  EXPECT_THAT(text(), HasSubstr("#   choice 0 (id 8, tile 128x256, stages 64x4, cluster 2x1x1): "
                                "not taken with 1, 2, 7, 16, 33, 64 rows\n"));
  EXPECT_THAT(text(), HasSubstr("): the same bits in any number of rows\n"));
}

TEST_P(PinnedProducts, AnEntryThatTheLibraryDoesNotTakeNamesTheFile) {
  for (const PinnedAlgorithm& spoilt :
       {PinnedAlgorithm{{kManyRowsOnly}, false, {}},
        PinnedAlgorithm{{kAscending}, false, AlgorithmSettings{kRefusesFew}}}) {
    std::filesystem::remove(path());
    table().add(key(), spoilt);
    try {
      product(*open({kAscending}), 0, 16);
      FAIL() << "taken";
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), HasSubstr("delete " + path()));
    }
  }
}

TEST_P(PinnedProducts, FreeOnesTakeTheLibrarysFirstChoiceForEachNumberOfRows) {
  FreeGemm gemm(
      std::make_unique<StandInLibrary>(std::vector<std::uint64_t>{kRefusesFew, kQuick},
                                       std::vector<std::uint64_t>{kManyRowsOnly, kQuick}, log_),
      stream_);
  void* memory = pool_.acquire(kRows * kStride * 4, stream_);
  for (const std::int64_t rows : {300, 100, 300, 16}) gemm.run(call(0, rows, memory));
  stream_.wait();
  pool_.release(memory);
  EXPECT_THAT(log_.asked, ElementsAre(300, 100, 16)) << "each once";
  EXPECT_THAT(log_.runs, ElementsAre(Ran{kRefusesFew, 300}, Ran{kQuick, 100}, Ran{kRefusesFew, 300},
                                     Ran{kQuick, 16}));
}

/// Takes all and computes nothing: where each call begins in a and c, in elements, and its rows.
class CallLog : public GemmLibrary {
 public:
  struct Part {
    std::int64_t a = 0, c = 0, rows = 0;
    friend bool operator==(const Part&, const Part&) = default;
  };
  CallLog(const GemmCall& whole, std::vector<Part>& parts) : whole_(whole), parts_(parts) {}
  std::vector<AlgorithmSettings> choices(const GemmShape&, std::int64_t, std::int64_t) override {
    return {};
  }
  AlgorithmDescription describe(const AlgorithmSettings&) override { return {}; }
  std::int64_t workspace_of(const AlgorithmSettings&, const GemmCall&) override { return 0; }
  void run(const AlgorithmSettings&, const GemmCall& call, CudaStream,
           const GemmWorkspace&) override {
    const auto* begin = static_cast<const std::byte*>(whole_.a);
    parts_.push_back({(static_cast<const std::byte*>(call.a) - begin) / (call.bf16 ? 2 : 4),
                      call.c - whole_.c, call.m});
  }

 private:
  const GemmCall whole_;
  std::vector<Part>& parts_;
};

/// Less than 2^31 elements are 87,381 rows of 24,576, 682 whole times 128 of them, and 262,143 of
/// 8,192, 2,047 times 128.
TEST_P(PinnedProducts, NoMatrixOfACallHasMoreElementsThan32BitsCount) {
  using Part = CallLog::Part;
  std::vector<Part> parts;
  const auto run = [&](std::int64_t rows, std::int64_t c_stride) {
    GemmCall call{a_, 8192, weight_, nullptr, c_stride, rows, kN, 8192, GetParam()};
    call.c = static_cast<float*>(a_);
    AlgorithmTable known = table();
    known.add({kN, 8192, GetParam() ? "bf16" : "fp32"}, {});
    parts.clear();
    PinnedGemm(std::make_unique<CallLog>(call, parts), std::move(known), stream_).run(call);
  };
  run(87'296, 24'576);
  EXPECT_THAT(parts, ElementsAre(Part{0, 0, 87'296}));
  run(87'297, 24'576);
  EXPECT_THAT(parts, ElementsAre(Part{0, 0, 87'296}, Part{87'296 * 8192, 87'296 * 24'576LL, 1}));
  run(600'000, kStride);  // rows of a are the longer ones: 262,144 would be 2^31
  EXPECT_THAT(parts,
              ElementsAre(Part{0, 0, 262'016}, Part{262'016 * 8192LL, 262'016 * kStride, 262'016},
                          Part{524'032 * 8192LL, 524'032 * kStride, 75'968}));
}

/// 600 rows are 512 and 88, whose room is taken once.
TEST_P(PinnedProducts, ManyRowsThatLieOtherwiseAreComputedInParts) {
  std::vector<CallLog::Part> parts;
  const std::int64_t bytes = 600 * kStride * 4 + 4;
  void* memory = pool_.acquire(bytes, stream_);
  AlgorithmTable known = table();
  known.add(key(), {});
  const GemmCall aligned{a_, kK, weight_,   static_cast<float*>(memory), kStride, 600,
                         kN, kK, GetParam()};
  GemmCall behind = aligned;
  ++behind.c;
  PinnedGemm gemm(std::make_unique<CallLog>(aligned, parts), std::move(known), stream_);
  gemm.run(behind);
  gemm.run(behind);
  stream_.wait();
  pool_.release(memory);
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[0].rows, 512);
  EXPECT_EQ(parts[1].rows, 88);
  EXPECT_EQ(parts[1].a, 512 * kK);
  for (const std::size_t i : {1u, 2u, 3u}) EXPECT_EQ(parts[i].c, parts[0].c);
}

INSTANTIATE_TEST_SUITE_P(Types, PinnedProducts, ::testing::Bool(),
                         [](const auto& type) { return type.param ? "bf16" : "fp32"; });

TEST(FreeProducts, OnlyWhereTheEnvironmentSaysSo) {
  unsetenv("FLM_FREE_PRODUCTS");
  EXPECT_FALSE(wants_free_products());
  setenv("FLM_FREE_PRODUCTS", "1", 1);
  EXPECT_TRUE(wants_free_products());
  setenv("FLM_FREE_PRODUCTS", "0", 1);
  EXPECT_FALSE(wants_free_products());
  setenv("FLM_FREE_PRODUCTS", "yes", 1);
  EXPECT_THROW((void)wants_free_products(), UserError);
  unsetenv("FLM_FREE_PRODUCTS");
}

}  // namespace
}  // namespace flm::test
