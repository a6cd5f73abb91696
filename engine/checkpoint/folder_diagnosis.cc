#include "engine/checkpoint/folder_diagnosis.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/errors.h"
#include "engine/checkpoint/formats/torn_file.h"
#include "engine/checkpoint/trainers/folder_listing.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostListed = 10;

/// "a, b, c and 12 more".
std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kMostListed); ++i)
    out += (i ? ", " : "") + names[i];
  if (names.size() > kMostListed)
    out += " and " + std::to_string(names.size() - kMostListed) + " more";
  return out;
}

/// An unfinished download of huggingface_hub: beside the file, in .cache/huggingface/download, or
/// in the cache's blobs.
std::string incomplete_note(const fs::path& folder) {
  for (const fs::path& place :
       {folder, folder / ".cache/huggingface/download", folder / "../../blobs"}) {
    for (const std::string& name : names_in(place)) {
      if (name.ends_with(".incomplete")) {
        return "; a download is unfinished (" + (place / name).lexically_normal().string() +
               "): finish it";
      }
    }
  }
  return "";
}

void refuse_hub_entry(const fs::path& folder) {
  const fs::path snapshots = folder.filename() == "snapshots" ? folder : folder / "snapshots";
  const bool entry =
      is_folder(folder / "snapshots") && (is_there(folder / "refs") || is_folder(folder / "blobs"));
  if (!entry && folder.filename() != "snapshots") return;
  std::vector<std::string> paths;
  for (const std::string& name : names_in(snapshots)) paths.push_back((snapshots / name).string());
  throw UserError(
      "an entry of the Hugging Face cache, not a checkpoint folder: " + folder.string() +
      (paths.empty() ? "; it holds no snapshot, download the model again"
                     : "; give the snapshot: " + listed(paths)));
}

void refuse_parent(const fs::path& folder) {
  std::vector<std::string> children;
  for (const std::string& name : names_in(folder)) {
    if (is_there(folder / name / "config.json")) children.push_back(name);
  }
  if (children.empty()) return;
  throw UserError(
      "no config.json in " + folder.string() + ", but " + std::to_string(children.size()) +
      " of its folders are checkpoints: give one of them, or follow them all with `track "
      "--series " +
      folder.string() + "`: " + listed(children));
}

/// transformers with peft applies one that it finds beside a model.
void refuse_adapter(const fs::path& folder, bool beside) {
  if (!is_there(folder / "adapter_config.json")) return;
  throw UserError((beside ? "an adapter beside config.json, which would not be applied "
                          : "an adapter without its base model ") +
                  ("(adapter_config.json): " + folder.string()) +
                  "; merge the adapter into the model and give the merged folder" +
                  (beside ? ", or move it away to score the model alone" : ""));
}

}  // namespace

void require_checkpoint_folder(const std::string& folder) {
  const fs::path path = fs::path(folder + "/").lexically_normal().parent_path();
  if (!is_there(folder)) throw UserError("no such model folder: " + folder);
  if (!is_folder(folder)) {
    throw UserError("a file, not a model folder: " + folder +
                    "; give the folder that holds it and config.json");
  }
  const bool beside = is_there(path / "config.json");
  refuse_adapter(path, beside);
  if (beside) return;
  refuse_hub_entry(path);
  refuse_parent(path);
  throw UserError("no config.json in " + folder + ": not a checkpoint in Hugging Face layout" +
                  incomplete_note(path));
}

void refuse_lfs_pointer(const std::string& path) {
  static const std::string kPointer = "version https://git-lfs.github.com/spec/";
  std::string start(kPointer.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  if (file && start == kPointer) {
    throw UserError("a Git LFS pointer, not the file itself: " + path +
                    "; run `git lfs pull` in its folder");
  }
}

void throw_no_weights(const std::string& folder) {
  std::vector<std::string> others;
  for (const std::string& name : names_in(folder)) {
    const std::string end = fs::path(name).extension();
    if (end == ".safetensors" || end == ".bin" || end == ".pt" || end == ".pth" || end == ".gguf") {
      others.push_back(name);
    }
  }
  throw TornFile("no weights in " + folder +
                 ": expected model.safetensors, model.safetensors.index.json, pytorch_model.bin or "
                 "pytorch_model.bin.index.json" +
                 (others.empty() ? "" : "; found " + listed(others)) + incomplete_note(folder));
}

void throw_missing_shards(const std::string& folder, const std::vector<std::string>& shards) {
  throw TornFile("missing shard" + std::string(shards.size() > 1 ? "s" : "") + " in " + folder +
                 ": " + listed(shards) +
                 (incomplete_note(folder).empty() ? "; download again" : incomplete_note(folder)));
}

}  // namespace flm
