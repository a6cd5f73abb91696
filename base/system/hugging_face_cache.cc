#include "base/system/hugging_face_cache.h"

#include "base/system/environment.h"
#include "base/system/files.h"
#include "base/system/places.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

fs::path expanded(const fs::path& path) { return expand_variables(expand_user(path.string())); }

}  // namespace

fs::path hub_folder() {
  const fs::path caches = environment("XDG_CACHE_HOME").value_or("~/.cache");
  const auto home = environment("HF_HOME");
  const fs::path hub = expanded(home ? fs::path(*home) : caches / "huggingface") / "hub";
  const auto older = environment("HUGGINGFACE_HUB_CACHE");
  return expanded(environment("HF_HUB_CACHE").value_or(older.value_or(hub.string())));
}

fs::path hub_entry(const std::string& kind, const std::string& repository) {
  std::string name = kind + "--" + repository;
  if (const std::size_t slash = name.find('/'); slash != std::string::npos)
    name.replace(slash, 1, "--");
  return hub_folder() / name;
}

fs::path hub_snapshot(const fs::path& entry, const std::string& revision) {
  std::string commit = revision;
  if (is_file(entry / "refs" / revision)) {
    commit = read_file((entry / "refs" / revision).string());
    commit.erase(commit.find_last_not_of(" \n\r") + 1);
  }
  const bool can_be = !commit.empty() && commit[0] != '.' && commit.find('/') == std::string::npos;
  return can_be ? entry / "snapshots" / commit : fs::path();
}

}  // namespace flm
