// Where huggingface_hub keeps what it downloads, by its own rules (constants.py, file_download.py).
#pragma once

#include <filesystem>
#include <string>

namespace flm {

/// The folder of all repositories: HF_HUB_CACHE, its older name HUGGINGFACE_HUB_CACHE, HF_HOME/hub,
/// XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub; `~` and `$NAME` in them are followed.
std::filesystem::path hub_folder();

/// A repository's folder there, models--ORG--NAME; `kind` is "models" or "datasets".
std::filesystem::path hub_entry(const std::string& kind, const std::string& repository);

/// The snapshot of a branch or tag, whose commit stands in refs/REVISION, or of a commit; it need
/// not be there. Empty where what refs says can be no commit.
std::filesystem::path hub_snapshot(const std::filesystem::path& entry, const std::string& revision);

}  // namespace flm
