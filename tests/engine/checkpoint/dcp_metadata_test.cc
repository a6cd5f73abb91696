// .metadata of real checkpoints: the tensors that it says where to find are those of the Hugging
// Face copies.
#include "engine/checkpoint/formats/dcp_metadata.h"

#include <gmock/gmock.h>

#include <map>

#include "engine/checkpoint/formats/safetensors.h"
#include "engine/checkpoint/formats/torch_file.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"
#include "tests/engine/checkpoint/training_fixtures.h"

namespace flm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

DcpMetadata metadata_of(const std::string& checkpoint) {
  return read_dcp_metadata(*MappedFile::open(training_run(checkpoint) + "/.metadata"));
}

/// A weight as floats, row-major.
struct Whole {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  bool operator==(const Whole&) const = default;
};

std::vector<float> floats(const StoredTensor& tensor) {
  const RowMajor copy = row_major(tensor);
  std::vector<float> out(static_cast<std::size_t>(tensor.elements()));
  widen(copy.view, 0, tensor.elements(), out.data());
  return out;
}

std::map<std::string, Whole> hugging_face(const std::string& file) {
  std::map<std::string, Whole> out;
  for (const StoredTensor& tensor : read_safetensors(MappedFile::open(file)))
    out[tensor.name] = {tensor.shape, floats(tensor)};
  return out;
}

/// Copies a box of one or two dimensions to its place.
void place(const std::vector<float>& box, std::span<const std::int64_t> begin,
           std::span<const std::int64_t> extent, Whole& whole) {
  const std::int64_t rows = extent.size() == 2 ? extent[0] : 1, columns = extent.back();
  const std::int64_t first_row = extent.size() == 2 ? begin[0] : 0;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column)
      whole.values[static_cast<std::size_t>((first_row + row) * whole.shape.back() + begin.back() +
                                            column)] =
          box[static_cast<std::size_t>(row * columns + column)];
}

/// The whole tensor out of its chunks; NaN where none lies.
Whole assembled(const DcpMetadata& metadata, const DcpTensor& tensor, const std::string& folder) {
  Whole out{tensor.shape, {}};
  out.values.assign(static_cast<std::size_t>(checked_elements(tensor.shape).value()), NAN);
  for (std::uint32_t i = 0; i < tensor.chunks; ++i) {
    const DcpChunk& chunk = metadata.chunks[tensor.first_chunk + i];
    const auto file = TorchFile::open(MappedFile::open(folder + "/" + metadata.files[chunk.file]),
                                      static_cast<std::uint64_t>(chunk.offset),
                                      static_cast<std::uint64_t>(chunk.length));
    const StoredTensor stored = file->tensor(file->root(), tensor.name);
    const auto extent = metadata.extent(tensor, chunk);
    EXPECT_EQ(stored.shape, std::vector<std::int64_t>(extent.begin(), extent.end()));
    place(floats(stored), metadata.begin(tensor, chunk), extent, out);
  }
  return out;
}

/// Every floating tensor, without `prefix`.
std::map<std::string, Whole> read_dcp(const std::string& checkpoint, const std::string& prefix) {
  const DcpMetadata metadata = metadata_of(checkpoint);
  std::map<std::string, Whole> out;
  for (const DcpTensor& tensor : metadata.tensors) {
    if (!tensor.dtype) continue;
    EXPECT_THAT(tensor.name, testing::StartsWith(prefix));
    out[tensor.name.substr(prefix.size())] = assembled(metadata, tensor, training_run(checkpoint));
  }
  return out;
}

TEST(DcpMetadata, LeadsToTheWeightsOfTheCopy) {
  FLM_NEEDS_SHARED();
  EXPECT_EQ(read_dcp("dcp/bias-1rank/step_100", ""),
            hugging_face(conformance("llama-bias/model.safetensors")));
  EXPECT_EQ(read_dcp("dcp/teleflm-mup-tp2/step_100", "model."),
            hugging_face(conformance("teleflm-mup/safetensors/model.safetensors")));
  EXPECT_EQ(read_dcp("dcp/micro-fsdp2/step_40", "model."),
            hugging_face(training_run("hf/step_000040/model.safetensors")));
}

TEST(DcpMetadata, PassesOverTheOptimizerAndKeepsEntriesOfBytes) {
  FLM_NEEDS_SHARED();
  const DcpMetadata with = metadata_of("dcp/teleflm-odd-fsdp4-opt/step_7");
  EXPECT_GT(with.optimizer_entries, 0);
  for (const DcpTensor& tensor : with.tensors)
    EXPECT_THAT(tensor.name, testing::Not(HasSubstr("optim")));
  EXPECT_THAT(metadata_of("dcp/micro-fsdp2/step_40").byte_entries,
              testing::Contains(testing::Field(&DcpBytes::name, "dataloader.path")));
}

TEST(DcpMetadata, StacksTheLayersOfMegatron) {
  FLM_NEEDS_SHARED();
  const DcpMetadata metadata = metadata_of("megatron/dist-micro-tp2-pp2/iter_0000040");
  const auto found =
      std::find_if(metadata.tensors.begin(), metadata.tensors.end(), [](const DcpTensor& tensor) {
        return tensor.name == "decoder.layers.self_attention.linear_qkv.weight";
      });
  ASSERT_NE(found, metadata.tensors.end());
  EXPECT_THAT(found->shape, ElementsAre(4, 64, 32));  // 4 layers of (4 + 2 + 2) heads of 8
  EXPECT_EQ(found->chunks, 8u);                       // and TP 2
  EXPECT_EQ(found->dtype_name, "bfloat16");
}

}  // namespace
}  // namespace flm
