#include "engine/checkpoint/trainers/layout.h"

#include <algorithm>

#include "engine/checkpoint/trainers/folder_listing.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

bool has_weights_of_hugging_face(const fs::path& folder) {
  for (const char* name : {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                           "pytorch_model.bin.index.json"})
    if (is_there(folder / name)) return true;
  return false;
}

bool is_model_states(const std::string& name) { return name.ends_with("_model_states.pt"); }
bool is_optim_states(const std::string& name) { return name.ends_with("_optim_states.pt"); }
bool is_shard(const std::string& name) {
  return name.starts_with("__") && name.ends_with(".distcp");
}

/// Others write a metadata.json, too: Megatron's names its backend.
bool is_megatrons(const fs::path& metadata) {
  const std::optional<std::string> text = marker_text(metadata);
  return text && text->find("\"sharded_backend\"") != std::string::npos;
}

/// The files of torch.distributed.checkpoint, Megatron's and others'. Megatron writes common.pt
/// first and metadata.json last.
Layout distributed_layout(const fs::path& folder, const std::vector<std::string>& names) {
  if (is_there(folder / "common.pt") || is_megatrons(folder / "metadata.json"))
    return Layout::kMegatronDist;
  const bool dcp = std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name == ".metadata" || name == ".metadata.tmp" || is_shard(name) ||
           (name.starts_with("__") && name.ends_with(".metadata"));
  });
  return dcp ? Layout::kDcp : Layout::kNone;
}

Layout layout_here(const fs::path& folder) {
  if (has_weights_of_hugging_face(folder)) return Layout::kHuggingFace;
  const std::vector<std::string> names = names_in(folder);
  const auto any = [&](auto is) { return std::any_of(names.begin(), names.end(), is); };
  if (any([&](const std::string& name) {
        return name.starts_with("mp_rank_") && is_folder(folder / name);
      }))
    return Layout::kMegatronTorch;
  if (const Layout found = distributed_layout(folder, names); found != Layout::kNone) return found;
  if (any(is_model_states) || any(is_optim_states)) return Layout::kDeepSpeed;
  if (is_there(folder / "checkpoint_metadata.json") && is_folder(folder / "model"))
    return Layout::kNanotron;
  return Layout::kNone;
}

/// Folders of trainers that keep the model's part one level down: OLMo-core's, accelerate's FSDP,
/// and DeepSpeed's beside the files of the Hugging Face Trainer.
fs::path part_of_the_model(const fs::path& folder) {
  for (const char* name : {"model_and_optim", "pytorch_model_fsdp_0"})
    if (is_folder(folder / name)) return folder / name;
  const bool of_trainer = is_there(folder / "trainer_state.json");
  const std::optional<std::string> latest = marker_text(folder / "latest");
  if (of_trainer && latest && latest->find('/') == std::string::npos && is_folder(folder / *latest))
    return folder / *latest;
  return {};
}

}  // namespace

std::string name_of(Layout layout) {
  switch (layout) {
    case Layout::kHuggingFace:
      return "hf";
    case Layout::kMegatronTorch:
      return "megatron-torch";
    case Layout::kMegatronDist:
      return "megatron-torch_dist";
    case Layout::kDcp:
      return "dcp";
    case Layout::kDeepSpeed:
      return "deepspeed";
    case Layout::kNanotron:
      return "nanotron";
    case Layout::kNone:
      break;
  }
  return "";
}

FoundLayout find_layout(const fs::path& path) {
  const fs::path folder = tidy_folder(path);
  if (const Layout here = layout_here(folder); here != Layout::kNone) return {here, folder};
  const fs::path part = part_of_the_model(folder);
  if (!part.empty()) {
    if (const Layout there = layout_here(part); there != Layout::kNone) return {there, part};
  }
  // What a trainer has only begun: Megatron makes the folder first.
  const std::string name = folder.filename().string();
  if (name.starts_with("iter_") && last_number(name) && is_folder(folder))
    return {Layout::kMegatronTorch, folder};
  return {Layout::kNone, folder};
}

bool is_of_a_trainer(const fs::path& folder) {
  const auto trainers = [](const fs::path& path) {
    const Layout layout = find_layout(path).layout;
    return layout != Layout::kNone && layout != Layout::kHuggingFace;
  };
  const Layout here = find_layout(folder).layout;
  if (here != Layout::kNone) return here != Layout::kHuggingFace;
  if (is_there(folder / "latest_checkpointed_iteration.txt")) return true;
  const std::vector<std::string> names = names_in(folder);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return is_folder(folder / name) && trainers(folder / name);
  });
}

}  // namespace flm
