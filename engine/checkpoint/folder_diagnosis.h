// Answers for folders that are not a checkpoint, each with its remedy.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// Returns if FOLDER/config.json exists; otherwise a UserError that says what the folder is
/// instead: absent, a file, an adapter, a parent of checkpoints, an entry of the Hugging Face
/// cache.
void require_checkpoint_folder(const std::string& folder);

/// UserError for a path where nothing is, with the nearest name beside it.
[[noreturn]] void throw_no_folder(const std::string& model);

/// UserError if `path` is the text that Git LFS leaves in place of a large file.
void refuse_lfs_pointer(const std::string& path);

/// TornFile for a folder with config.json and without weights; another UserError where they are
/// there in a format that is not read.
[[noreturn]] void throw_no_weights(const std::string& folder);

/// TornFile for a shard that the index names and the folder lacks.
[[noreturn]] void throw_missing_shards(const std::string& folder,
                                       const std::vector<std::string>& shards);

}  // namespace flm
