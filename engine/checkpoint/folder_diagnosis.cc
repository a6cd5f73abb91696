#include "engine/checkpoint/folder_diagnosis.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/errors.h"
#include "base/system/places.h"
#include "base/system/read_from.h"
#include "base/text/joined.h"
#include "base/text/nearest_name.h"
#include "engine/checkpoint/formats/torn_file.h"
#include "engine/checkpoint/trainers/folder_listing.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostListed = 10;

/// rsync writes .NAME.XXXXXX and renames it to NAME in the end.
bool is_of_rsync(const std::string& name) {
  return name.starts_with(".") && name.size() > 8 && name[name.size() - 7] == '.' &&
         (name.find(".safetensors") != std::string::npos || name.find(".bin") != std::string::npos);
}

/// An unfinished copy, or a download of huggingface_hub: beside the file, in
/// .cache/huggingface/download, or in the cache's blobs.
std::string incomplete_note(const fs::path& folder) {
  for (const std::string& name : names_in(folder))
    if (is_of_rsync(name))
      return "; a copy is unfinished (" + (folder / name).string() +
             "): wait for it, or copy again";
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
                     : "; give the snapshot: " + first_few(paths, kMostListed)));
}

void refuse_parent(const fs::path& folder) {
  std::vector<std::string> children;
  for (const std::string& name : names_in(folder)) {
    if (is_open_folder(folder / name) && is_there(folder / name / "config.json"))
      children.push_back(name);
  }
  if (children.empty()) return;
  throw UserError(
      "no config.json in " + folder.string() + ", but " + std::to_string(children.size()) +
      " of its folders are checkpoints: give one of them, or follow them all with `track "
      "--series " +
      folder.string() + "`: " + first_few(children, kMostListed));
}

constexpr const char* kNoGguf =
    "GGUF is not read; give the folder in Hugging Face layout that it was made from";

bool has_any(const std::vector<std::string>& names, const std::vector<std::string>& wanted) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
  });
}

/// The first name with one of these endings; "" where there is none.
std::string first_ending(const std::vector<std::string>& names,
                         const std::vector<std::string>& endings) {
  for (const std::string& name : names)
    for (const std::string& ending : endings)
      if (name.ends_with(ending)) return name;
  return "";
}

/// What a folder without config.json holds in its place, and what to do about it.
std::string remedy_without_config(const fs::path& folder) {
  const std::vector<std::string> names = names_in(folder);
  if (const std::string unfinished = incomplete_note(folder); !unfinished.empty())
    return unfinished;
  if (names.empty()) return "; it is empty: give the folder where the model was saved";
  if (const std::string gguf = first_ending(names, {".gguf"}); !gguf.empty())
    return "; it holds " + gguf + ": " + kNoGguf;
  const std::string weights = first_ending(names, {".safetensors", ".bin", ".pt", ".pth"});
  if (!weights.empty())
    return "; it holds weights (" + weights + "): put the model's config.json beside them";
  if (has_any(names, {"tokenizer.json", "tokenizer.model", "spiece.model"}))
    return "; it holds a tokenizer alone: give it as --tokenizer, and the folder of config.json "
           "and weights as the model";
  return "; give the folder that holds config.json and the weights";
}

/// model-00001-of-00002.safetensors: read once its index, which comes last, is there.
bool is_numbered_shard(const std::string& name) {
  return (name.starts_with("model-") || name.starts_with("pytorch_model-")) &&
         name.find("-of-") != std::string::npos;
}

/// Of a folder with config.json; `others` are its files that may be weights of another layout.
std::string remedy_without_weights(const fs::path& folder, const std::vector<std::string>& others) {
  if (const std::string unfinished = incomplete_note(folder); !unfinished.empty())
    return unfinished;
  if (others.empty()) return "; put the weights there, or give the folder that has them";
  if (!first_ending(others, {".gguf"}).empty()) return std::string(": ") + kNoGguf;
  if (std::any_of(others.begin(), others.end(), is_numbered_shard))
    return ": the index of these shards is not there yet, wait for it or copy again";
  return "; save the model with save_pretrained";
}

/// The folder that a file was given in place of, where that is one.
std::string remedy_of_file(const fs::path& file) {
  const fs::path above = file.has_parent_path() ? file.parent_path() : ".";
  if (file.extension() == ".gguf") return kNoGguf;
  if (is_there(above / "config.json")) return "give its folder: " + above.string();
  return "give the folder that holds it and config.json";
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
  const fs::path path = tidy_folder(folder);
  if (!is_there(folder)) throw_no_folder(folder);
  if (!is_folder(folder)) {
    throw UserError("a file, not a model folder: " + folder + "; " + remedy_of_file(path));
  }
  const bool beside = is_there(path / "config.json");
  refuse_adapter(path, beside);
  if (beside) return;
  refuse_hub_entry(path);
  refuse_parent(path);
  throw UserError("no config.json in " + folder + ": not a checkpoint in Hugging Face layout" +
                  remedy_without_config(path));
}

void throw_no_folder(const std::string& model) {
  const fs::path path = tidy_folder(model);
  const fs::path above = path.has_parent_path() ? path.parent_path() : ".";
  const std::string near = is_folder(above) ? nearest_name(path.filename(), names_in(above)) : "";
  throw UserError("no such model folder: " + model +
                  (near.empty() ? "; give one that is there, or ORG/NAME of the Hugging Face cache"
                                : "; did you mean " + (path.parent_path() / near).string() + "?"));
}

void refuse_lfs_pointer(const std::string& path) {
  static const std::string kPointer = "version https://git-lfs.github.com/spec/";
  if (!is_file(path)) return;  // a pipe would be waited for
  std::string start(kPointer.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  start.resize(read_from(file, start.data(), start.size(), path));
  if (start == kPointer) {
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
  const std::string fault =
      "no weights in " + folder +
      ": expected model.safetensors, model.safetensors.index.json, pytorch_model.bin or "
      "pytorch_model.bin.index.json" +
      (others.empty() ? "" : "; found " + first_few(others, kMostListed)) +
      remedy_without_weights(folder, others);
  if (first_ending(others, {".gguf"}).empty()) throw TornFile(fault);
  throw UserError(fault);  // converted: nobody is about to write others
}

void throw_missing_shards(const std::string& folder, const std::vector<std::string>& shards) {
  throw TornFile("missing shard" + std::string(shards.size() > 1 ? "s" : "") + " in " + folder +
                 ": " + first_few(shards, kMostListed) +
                 (incomplete_note(folder).empty() ? "; download again" : incomplete_note(folder)));
}

}  // namespace flm
