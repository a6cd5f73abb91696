// Whose checkpoint a folder holds, told from names and the keys of .metadata.
#pragma once

#include <filesystem>
#include <string>

namespace flm {

enum class Layout {
  kNone,
  kHuggingFace,
  kMegatronTorch,
  kMegatronDist,
  kDcp,
  kDeepSpeed,
  kNanotron,  // known, and not read
};

/// hf, megatron-torch, megatron-torch_dist, dcp, deepspeed, nanotron; "" for kNone.
std::string name_of(Layout layout);

struct FoundLayout {
  Layout layout = Layout::kNone;
  std::filesystem::path folder;  // where its files lie: the folder itself, or one inside it
};

/// Of one checkpoint's folder; kNone for a root of several, and for anything else.
FoundLayout find_layout(const std::filesystem::path& folder);

/// A trainer's checkpoint, or a root with one of them at least. False for Hugging Face's layout.
bool is_of_a_trainer(const std::filesystem::path& folder);

}  // namespace flm
