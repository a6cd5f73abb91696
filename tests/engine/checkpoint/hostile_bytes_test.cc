// Hostile bytes: hand-made pickles, and thousands of mutations of good files. Only UserErrors may
// come out.
#include <gmock/gmock.h>

#include <random>

#include "engine/checkpoint/formats/pickle_machine.h"
#include "engine/checkpoint/formats/safetensors.h"
#include "engine/checkpoint/formats/torch_bin.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/engine/checkpoint/torch_bytes.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::HasSubstr;

/// Of a .bin whose pickle is this.
std::string pickle_refusal(const std::string& pickle) {
  const std::string zip = stored_zip({{"data.pkl", pickle}});
  return error_of([&] { read_torch_bin(MappedFile::of_bytes(zip, "x.bin")); });
}

void run_pickle(const std::string& pickle) { PickleMachine(pickle, "x.bin").run(); }

TEST(Pickle, NamesWhatItWouldCallAndCallsNothing) {
  EXPECT_THAT(pickle_refusal("cos\nsystem\n(" + pickled_text("ls") + "tR."),
              HasSubstr("os.system"));
  EXPECT_THAT(pickle_refusal("cposix\nsystem\n."), HasSubstr("posix.system"));
  EXPECT_THAT(pickle_refusal("c__builtin__\neval\n."), HasSubstr("__builtin__.eval"));
  EXPECT_THAT(pickle_refusal("(ios\nsystem\n."), HasSubstr("os.system"));
  EXPECT_THAT(pickle_refusal("(cos\nsystem\no."), HasSubstr("os.system"));
  EXPECT_THAT(pickle_refusal("cos\nsystem\n)\x81."), HasSubstr("os.system"));
  EXPECT_THAT(pickle_refusal("ctorch\nLongStorage\n."), HasSubstr("torch.LongStorage"));
  EXPECT_THAT(pickle_refusal(std::string("\x8c\2os\x8c\6system\x93.")), HasSubstr("os.system"));
  EXPECT_THAT(pickle_refusal("ccollections\nOrderedDict.\n."),
              HasSubstr("collections.OrderedDict."));
  EXPECT_THAT(pickle_refusal("}" + pickled_text("w") + "cos\nsystem\n)Rs."),
              HasSubstr("entry w is not a tensor but names os.system"));
  for (const char* opcode : {"\x82", "\x97", "g", "V", "S", "I"}) {
    EXPECT_THAT(pickle_refusal(opcode), HasSubstr("opcode")) << opcode;
  }
  EXPECT_THAT(pickle_refusal(std::string("c") + std::string(5000, 'a') + "\nb\n."),
              HasSubstr("(5002 bytes)"));
}

TEST(Pickle, BrokenStacksAreRefused) {
  for (const char* pickle : {"",
                             ".",
                             "N.",
                             "NN.",
                             "(.",
                             "t.",
                             "e.",
                             "R.",
                             "h\1.",
                             "q\1.",
                             "\x85.",
                             "(N\x85"
                             "e.",
                             "NNb.",
                             "Q.",
                             "]NR.",
                             "}s.",
                             "}(Nu.",
                             "X\xff\xff\xff\xff",
                             "\x80\x09.",
                             "\x8a\xff",
                             "cabc",
                             "}(Q",
                             "ctorch\nFloatStorage\n)R.",
                             "}X\1\0\0\0aNs.",
                             "0}.",
                             "(o.",
                             "]Q."}) {
    EXPECT_NE(pickle_refusal(pickle), "") << pickle;
  }
  EXPECT_EQ(pickle_refusal("}."), "");
}

/// Deep nesting must not become recursion, nor a small file much memory.
TEST(Pickle, DeepAndWideOnesEndInAnError) {
  EXPECT_THAT(pickle_refusal(std::string(1'000'000, ']') + std::string(999'999, 'a') + "."),
              HasSubstr("dict"));
  EXPECT_THAT(pickle_refusal(")" + std::string(1'000'000, '\x85') + "."), HasSubstr("dict"));
  EXPECT_THAT(pickle_refusal(std::string(4'000'000, ']') + "."), HasSubstr("more values at once"));
  // A tuple of 100,000 values, copied by each of 100,000 calls.
  std::string copies = "(" + std::string(100'000, 'N') + "tq\1cos\nsystem\nq\2";
  for (int i = 0; i < 100'000; ++i) copies += "h\2h\1R";
  EXPECT_THAT(pickle_refusal(copies + "."), HasSubstr("more memory than"));
}

TEST(Pickle, AListThatHoldsItselfIsOnlyAList) {
  EXPECT_THAT(pickle_refusal(std::string("]\x94h\0a.", 6)), HasSubstr("dict"));
}

std::string header_refusal(const std::string& header) {
  return error_of(
      [&] { read_safetensors(MappedFile::of_bytes(safetensors_file(header, "12345678"), "x")); });
}

TEST(Safetensors, HeadersThatAreNone) {
  for (const char* header :
       {"[]xxxxxxx",
        "{\"a\": 1}",
        "{\"a\": {}}",
        "{\"a\": []}",
        "{\"a\": {\"dtype\": \"F32\"}}",
        R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], "x": 1}})",
        R"({"a": {"dtype": "F32", "shape": [1], "shape": [1], "data_offsets": [0, 4]}})",
        R"({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}})",
        R"({"a": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}})",
        R"({"a": {"dtype": "F32", "shape": [18446744073709551615], "data_offsets": [0, 4]}})",
        R"({"a": {"dtype": "F32", "shape": [99999999999999999999], "data_offsets": [0, 4]}})",
        R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}})",
        R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 4]}})",
        R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [6, 10]}})",
        R"({"a": {"dtype": "F32", "shape": "1", "data_offsets": [0, 4]}})",
        R"({"a": {"dtype": 4, "shape": [1], "data_offsets": [0, 4]}})",
        R"({"a": {"dtype": "F32", "shape": [[1]], "data_offsets": [0, 4]}})",
        R"({"__metadata__": {"a": 1}})",
        R"({"__metadata__": {"a": "b", "a": "c"}})",
        R"({"a": null})",
        "{\"\xff\": 1}",
        "{} x"}) {
    EXPECT_NE(header_refusal(header), "") << header;
  }
  EXPECT_EQ(
      header_refusal(
          R"({"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [], "data_offsets": [4, 8]}}   )"),
      "");
}

/// Reads everything there is to read.
void touch(const std::vector<StoredTensor>& tensors) {
  for (const StoredTensor& tensor : tensors) {
    if (!tensor.dtype) continue;
    const RowMajor loaded = row_major(tensor);
    std::byte sum{};
    for (std::int64_t i = 0; i < tensor.bytes(); ++i) sum ^= loaded.view.data[i];
    [[maybe_unused]] volatile std::byte sink = sum;
  }
}

/// One to four changes: a byte, a run of 0xFF, a cut, a doubled or a dropped stretch.
std::string mutated(std::string bytes, std::mt19937& random, std::size_t interesting) {
  const auto below = [&](std::size_t n) { return random() % std::max<std::size_t>(n, 1); };
  const int changes = 1 + static_cast<int>(below(4));
  for (int i = 0; i < changes && !bytes.empty(); ++i) {
    // Half of the changes fall where the structure is.
    const std::size_t at = random() % 2
                               ? below(std::min(interesting, bytes.size()))
                               : bytes.size() - 1 - below(std::min(interesting, bytes.size()));
    const std::size_t n = std::min(1 + below(16), bytes.size() - at);
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2:
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), n, '\xFF');
        break;
      case 3:
        bytes.resize(at);
        break;
      case 4:
        bytes.insert(at, bytes.substr(at, n));
        break;
      default:
        bytes.erase(at, n);
    }
  }
  return bytes;
}

/// Returns how many mutants were refused; any exception but UserError fails the test.
template <typename Read>
int refused(const std::string& good, int mutants, std::size_t interesting, const Read& read) {
  std::mt19937 random(20261124);
  int count = 0;
  for (int i = 0; i < mutants; ++i) {
    const auto file = MappedFile::of_bytes(mutated(good, random, interesting), "mutant");
    count += !error_of([&] { touch(read(file)); }).empty();
  }
  return count;
}

TEST(Mutations, OfSafetensors) {
  const SmallCheckpoint small;
  const int count = refused(safetensors_of(small.tensors), 1000, 1400, read_safetensors);
  EXPECT_GT(count, 500);
  EXPECT_LT(count, 1000);
}

TEST(Mutations, OfTorchBin) {
  FLM_NEEDS_SHARED();
  const std::string good = read_file(conformance("teleflm-odd-bin/pytorch_model.bin"));
  ASSERT_EQ(error_of([&] { touch(read_torch_bin(MappedFile::of_bytes(good, "good"))); }), "");
  const int count = refused(good, 1000, 4000, read_torch_bin);
  EXPECT_GT(count, 500);
  EXPECT_LT(count, 1000);
}

/// The pickle alone, so that mutations are not stopped by the zip around it.
TEST(Mutations, OfThePickle) {
  FLM_NEEDS_SHARED();
  const std::string bin = read_file(conformance("teleflm-odd-bin/pytorch_model.bin"));
  const std::size_t begin = bin.find("\x80\x02}") == std::string::npos
                                ? bin.find(std::string("\x80\x02", 2))
                                : bin.find("\x80\x02}");
  const std::size_t end = bin.find("PK\x07\x08", begin);
  ASSERT_LT(begin, end);
  const std::string good = bin.substr(begin, end - begin);
  ASSERT_EQ(error_of([&] { run_pickle(good); }), "");
  std::mt19937 random(1);
  int count = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string mutant = mutated(good, random, good.size());
    count += !error_of([&] { run_pickle(mutant); }).empty();
  }
  EXPECT_GT(count, 500);
}

TEST(Mutations, OfConfigAndIndex) {
  const SmallCheckpoint small(Json{{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 2.0}}}});
  const std::string folder = small.write();
  const std::string config = read_file(folder + "/config.json");
  std::mt19937 random(2);
  int count = 0;
  for (int i = 0; i < 300; ++i) {
    small.folder.write("config.json", mutated(config, random, config.size()));
    count += !error_of([&] { open_table(folder); }).empty();
  }
  EXPECT_GT(count, 150);
}

}  // namespace
}  // namespace flm
