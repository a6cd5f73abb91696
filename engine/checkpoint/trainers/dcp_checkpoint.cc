#include "engine/checkpoint/trainers/dcp_checkpoint.h"

#include "base/text/printable.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/dcp_folder.h"
#include "engine/checkpoint/trainers/dcp_names.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// Where trainers keep the step and the tokens: torchtitan, and states with a "step" of their own.
constexpr const char* kSteps[] = {"step", "train_state.step", "global_step", "iteration"};
constexpr const char* kTokens[] = {"train_state.ntokens_seen", "ntokens_seen", "tokens_seen"};

bool is_megatron_name(const std::string& name) {
  return name.starts_with("decoder.layers.") || name.starts_with("embedding.word_embeddings.");
}

/// Of the model, by its name: a weight that has another dtype, or none of its axes.
bool is_of_the_model(const std::string& name) {
  for (const char* front : {"model.", "layers.", "blocks.", "lm_head."})
    if (name.starts_with(front)) return true;
  return false;
}

class DcpCheckpoint final : public TrainerCheckpoint {
 public:
  explicit DcpCheckpoint(const fs::path& folder) : files_(folder) {
    if (files_.weights().empty())
      throw CheckpointFault(Completeness::kRefused, "its .metadata names no weights");
    for (const DcpTensor* tensor : files_.weights()) {
      if (tensor->name.starts_with("model.") && is_megatron_name(tensor->name.substr(6)))
        throw CheckpointFault(Completeness::kRefused,
                              "it is Megatron-LM's torch_dcp, which is not read (" +
                                  printable(tensor->name) +
                                  "); save with --ckpt-format torch_dist");
      if (is_megatron_name(tensor->name))
        throw CheckpointFault(Completeness::kIncomplete,
                              "its names are Megatron-LM's, and metadata.json, which that writes "
                              "last, is missing");
      if (tensor->name.find("_flat_param") != std::string::npos ||
          tensor->name.ends_with("flat_param"))
        throw CheckpointFault(Completeness::kRefused,
                              "it holds FSDP's flat parameters (" + printable(tensor->name) +
                                  "), which only their own model can cut; save a full or sharded "
                                  "state dict");
    }
  }

  void describe(CheckpointState& state) const override {
    state.step = first_of(kSteps);
    state.tokens_seen = first_of(kTokens);
    state.warnings = files_.warnings();
  }

  std::vector<StoredTensor> tensors(const ModelConfig& config) const override {
    std::vector<StoredTensor> out = files_.tensors();
    for (StoredTensor& tensor : out) tensor.name = without_wrappers(tensor.name);
    out = from_dcp_names(std::move(out), config);
    for (const DcpTensor& tensor : files_.metadata().tensors) add_surplus(tensor, out);
    return out;
  }

 private:
  /// What is no weight by its dtype or shape, and by its name is of the model, is not passed over.
  static void add_surplus(const DcpTensor& tensor, std::vector<StoredTensor>& out) {
    const std::string name = without_wrappers(tensor.name);
    if ((tensor.dtype && !tensor.shape.empty()) || !is_of_the_model(name)) return;
    StoredTensor surplus;
    surplus.name = name;
    surplus.dtype_name = tensor.dtype_name;
    surplus.shape = tensor.shape;
    out.push_back(std::move(surplus));
  }

  template <std::size_t N>
  std::optional<std::int64_t> first_of(const char* const (&names)[N]) const {
    for (const char* name : names)
      if (const auto number = files_.number(name)) return number;
    return {};
  }

  const DcpFolder files_;
};

}  // namespace

std::unique_ptr<TrainerCheckpoint> open_dcp(const fs::path& folder) {
  return std::make_unique<DcpCheckpoint>(folder);
}

}  // namespace flm
