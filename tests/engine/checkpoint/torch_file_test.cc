// Files of torch.save: a trainer's arguments out of a real file, and what a file may claim.
#include "engine/checkpoint/formats/torch_file.h"

#include <gmock/gmock.h>

#include "engine/checkpoint/formats/torn_file.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"
#include "tests/engine/checkpoint/torch_bytes.h"
#include "tests/engine/checkpoint/training_fixtures.h"

namespace flm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

std::shared_ptr<const TorchFile> of_bytes(const std::string& bytes) {
  return TorchFile::open(MappedFile::of_bytes(bytes, "x.pt"));
}

/// A float tensor "w" of `storage` elements, of which the view takes shape and stride; `metadata`:
/// the pickle of what torch says behind the hooks, "" for nothing.
std::string tensor_pickle(int storage, int offset, const std::string& shape,
                          const std::string& stride, const std::string& metadata = "") {
  return std::string("\x80\x02") + "ctorch._utils\n_rebuild_tensor_v2\n((" +
         pickled_text("storage") + "ctorch\nFloatStorage\n" + pickled_text("0") +
         pickled_text("cpu") + pickled_number(storage) + "tQ" + pickled_number(offset) + shape +
         stride + "\x89" + "ccollections\nOrderedDict\n)R" + metadata + "tR.";
}

std::string sizes_pickle(const std::vector<int>& sizes) {
  std::string out = "(";
  for (int size : sizes) out += pickled_number(size);
  return out + "t";
}

std::string six_floats() {
  const float values[] = {0, 1, 2, 3, 4, 5};
  return {reinterpret_cast<const char*>(values), sizeof values};
}

std::string file_of(const std::string& pickle) {
  return stored_zip({{"data.pkl", pickle}, {"data/0", six_floats()}, {"byteorder", "little"}});
}

TEST(TorchFile, ReadsTheArgumentsOfMegatron) {
  FLM_NEEDS_SHARED();
  const auto file = TorchFile::open(
      MappedFile::open(training_run("megatron/dist-micro-tp2-pp2/iter_0000040/common.pt")));
  const PickleValue& root = file->root();
  const PickleValue* arguments = entry(root, "args");
  ASSERT_TRUE(arguments && arguments->is("argparse.Namespace"));
  EXPECT_THAT(whole(entry(*arguments, "consumed_train_samples")), Optional(640));
  EXPECT_THAT(real(entry(*arguments, "lr")), Optional(0.006));
  EXPECT_THAT(text(entry(*arguments, "ckpt_format")), Optional(std::string_view("torch_dist")));
  EXPECT_THAT(truth(entry(*arguments, "bf16")), Optional(true));
  EXPECT_TRUE(entry(*arguments, "params_dtype")->is("torch.bfloat16"));
  EXPECT_TRUE(entry(*arguments, "model_type")->is("megatron.core.enums.ModelType"));
  EXPECT_EQ(entry(*arguments, "no_such_key"), nullptr);
  EXPECT_THAT(whole(entry(root, "iteration")), Optional(40));
  EXPECT_THAT(real(entry(root, "checkpoint_version")), Optional(3.0));
  EXPECT_THAT(real(entry(root, "num_floating_point_operations_so_far")), Optional(4e10));
}

TEST(TorchFile, GivesViewsWithTheirStrides) {
  const auto file =
      of_bytes(file_of(tensor_pickle(6, 1, sizes_pickle({2, 2}), sizes_pickle({1, 2}))));
  ASSERT_TRUE(TorchFile::is_tensor(file->root()));
  const StoredTensor tensor = file->tensor(file->root(), "w");
  EXPECT_EQ(tensor.dtype_name, "F32");
  EXPECT_THAT(tensor.shape, ElementsAre(2, 2));
  EXPECT_THAT(tensor.strides, ElementsAre(1, 2));
  const RowMajor copy = row_major(tensor);
  float values[4];
  std::memcpy(values, copy.view.data, sizeof values);
  EXPECT_THAT(values, ElementsAre(1, 3, 2, 4));
}

TEST(TorchFile, RefusesWhatLiesOutsideTheStorage) {
  for (const auto& [storage, offset, shape, stride] :
       std::vector<std::tuple<int, int, std::vector<int>, std::vector<int>>>{{7, 0, {6}, {1}},
                                                                             {6, 1, {6}, {1}},
                                                                             {6, 0, {7}, {0}},
                                                                             {6, 0, {2, 2}, {5, 1}},
                                                                             {6, -1, {1}, {1}},
                                                                             {6, 0, {-1}, {1}},
                                                                             {6, 0, {1}, {1, 1}}}) {
    const std::string bytes =
        file_of(tensor_pickle(storage, offset, sizes_pickle(shape), sizes_pickle(stride)));
    const auto file = of_bytes(bytes);
    EXPECT_THAT(error_of([&] { file->tensor(file->root(), "w"); }), HasSubstr("tensor w"));
  }
}

/// torch.complex(0 * w, -w).conj().imag is saved as -w with {"neg": True}.
TEST(TorchFile, RefusesValuesThatAreStoredAsOthers) {
  const std::string shape = sizes_pickle({6}), stride = sizes_pickle({1});
  const auto refusal = [&](const std::string& metadata) {
    const auto file = of_bytes(file_of(tensor_pickle(6, 0, shape, stride, metadata)));
    return error_of([&] { file->tensor(file->root(), "w"); });
  };
  EXPECT_THAT(refusal("}" + pickled_text("neg") + "\x88s"), HasSubstr("with the mark \"neg\""));
  EXPECT_THAT(refusal("}" + pickled_text("conj") + "\x88s"), HasSubstr("with the mark \"conj\""));
  EXPECT_EQ(refusal("}" + pickled_text("neg") + "\x89s"), "");
  EXPECT_EQ(refusal("}"), "");
}

/// torch.ones(6).expand(2, 6) has the strides 0, 1.
TEST(TorchFile, WhatItDoesNotReadIsCalledWhatItIs) {
  const auto expanded =
      of_bytes(file_of(tensor_pickle(6, 0, sizes_pickle({2, 6}), sizes_pickle({0, 1}))));
  EXPECT_THAT(error_of([&] { expanded->tensor(expanded->root(), "w"); }),
              HasSubstr("repeats its storage (torch's expand), which is not read: shape [2, 6], "
                        "stride [0, 1] over 6 elements"));
  const std::string header = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::string safetensors = little_endian(header.size(), 8) + header + std::string(4, '\1');
  EXPECT_THAT(error_of([&] { of_bytes(safetensors); }),
              HasSubstr("x.pt: holds safetensors under a name of torch.save's files"));
  const std::string legacy("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", 15);
  EXPECT_THAT(error_of([&] { of_bytes(legacy); }),
              HasSubstr("a bare pickle (torch.save before 1.6, or with "
                        "_use_new_zipfile_serialization=False)"));
}

TEST(TorchFile, ReadsAnItemInsideAFile) {
  const std::string item = file_of(tensor_pickle(6, 0, sizes_pickle({6}), sizes_pickle({1})));
  const auto file = MappedFile::of_bytes("before" + item + "behind", "__0_0.distcp");
  const auto torch = TorchFile::open(file, 6, item.size());
  const StoredTensor tensor = torch->tensor(torch->root(), "w");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(tensor.data), 24), six_floats());
  EXPECT_THAT(error_of([&] { TorchFile::open(file, 7, file->size()); }), HasSubstr("__0_0.distcp"));
  EXPECT_NE(error_of([&] { TorchFile::open(file, 5, item.size()); }), "");
}

/// One member of a zip64: where its local header lies, and what the directory says of it.
struct WideMember {
  std::string name;
  std::uint64_t offset, size;
};

std::string wide_directory(const std::vector<WideMember>& members, std::uint64_t begin) {
  std::string out;
  for (const WideMember& member : members) {
    const std::string extra = little_endian(1, 2) + little_endian(24, 2) +
                              little_endian(member.size, 8) + little_endian(member.size, 8) +
                              little_endian(member.offset, 8);
    out += "PK\1\2" + little_endian(45, 4) + little_endian(0, 12) + little_endian(0xFFFFFFFF, 4) +
           little_endian(0xFFFFFFFF, 4) + little_endian(member.name.size(), 2) +
           little_endian(extra.size(), 2) + little_endian(0, 10) + little_endian(0xFFFFFFFF, 4) +
           member.name + extra;
  }
  const std::uint64_t end = begin + out.size();
  const std::size_t bytes = out.size(), count = members.size();
  out += "PK\6\6" + little_endian(44, 8) + little_endian(45, 2) + little_endian(45, 2) +
         little_endian(0, 8) + little_endian(count, 8) + little_endian(count, 8) +
         little_endian(bytes, 8) + little_endian(begin, 8);
  out += "PK\6\7" + little_endian(0, 4) + little_endian(end, 8) + little_endian(1, 4);
  return out + "PK\5\6" + little_endian(0, 4) + little_endian(0xFFFF, 2) +
         little_endian(0xFFFF, 2) + little_endian(0xFFFFFFFF, 4) + little_endian(0xFFFFFFFF, 4) +
         little_endian(0, 2);
}

/// Five GiB of a hole lie between the pickle and the storage that it names.
TEST(TorchFile, FindsStoragesBehindFourGigabytes) {
  const TemporaryFolder folder;
  const std::string path = folder / "wide.pt";
  const std::string pickle = tensor_pickle(6, 0, sizes_pickle({6}), sizes_pickle({1}));
  constexpr std::uint64_t kFar = std::uint64_t{5} << 30;
  const auto local = [](const std::string& name) {
    return "PK\3\4" + little_endian(45, 2) + little_endian(0, 12) + little_endian(~0ull, 8) +
           little_endian(name.size(), 2) + little_endian(0, 2) + name;
  };
  std::ofstream out(path, std::ios::binary);
  out << local("x/data.pkl") << pickle;
  out.seekp(static_cast<std::streamoff>(kFar));
  out << local("x/data/0") << six_floats();
  const auto begin = static_cast<std::uint64_t>(out.tellp());
  out << wide_directory({{"x/data.pkl", 0, pickle.size()}, {"x/data/0", kFar, 24}}, begin);
  out.close();
  const auto file = TorchFile::open(MappedFile::open(path));
  const StoredTensor tensor = file->tensor(file->root(), "w");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(tensor.data), 24), six_floats());
}

/// Being written: the end record comes last. A complete zip around a torn pickle never gets whole.
TEST(TorchFile, TellsATornFileFromABrokenOne) {
  const std::string good = file_of("}.");
  for (const std::size_t size : {std::size_t{0}, std::size_t{2}, good.size() / 2, good.size() - 22})
    EXPECT_THROW(of_bytes(good.substr(0, size)), TornFile) << size;
  EXPECT_THROW(of_bytes("not a zip"), UserError);
  try {
    of_bytes(file_of("}"));
    FAIL();
  } catch (const TornFile&) {
    FAIL() << "torn";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("ends in the middle"));
  }
}

}  // namespace
}  // namespace flm
