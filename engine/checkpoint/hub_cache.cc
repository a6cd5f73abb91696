#include "engine/checkpoint/hub_cache.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/errors.h"
#include "base/system/files.h"
#include "engine/checkpoint/folder_diagnosis.h"
#include "engine/checkpoint/trainers/folder_listing.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// The environment variable, or nothing where it is unset or empty.
std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// In huggingface_hub's order: HF_HUB_CACHE, its older name HUGGINGFACE_HUB_CACHE, HF_HOME/hub,
/// XDG_CACHE_HOME/huggingface/hub,
/// ~/.cache/huggingface/hub.
fs::path hub_folder() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
    if (const std::string hub = environment(name); !hub.empty()) return hub;
  if (const std::string home = environment("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) {
    return fs::path(cache) / "huggingface" / "hub";
  }
  return fs::path(environment("HOME")) / ".cache" / "huggingface" / "hub";
}

struct HubName {
  std::string repository, revision;  // "ORG/NAME"; "" where none is given
};

bool plain_part(const std::string& text) {
  if (text.empty() || text.find("..") != std::string::npos || text[0] == '.' || text[0] == '/')
    return false;
  return text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") ==
         std::string::npos;
}

/// NAME or ORG/NAME, with @REVISION perhaps; false if it can only be a path.
bool parse_hub_name(const std::string& model, HubName* out) {
  const std::size_t at = std::min(model.find('@'), model.size());
  out->repository = model.substr(0, at);
  out->revision = at == model.size() ? "" : model.substr(at + 1);
  const std::size_t slash = out->repository.find('/');
  const bool one_slash =
      slash == std::string::npos || (slash + 1 < out->repository.size() &&
                                     out->repository.find('/', slash + 1) == std::string::npos);
  return one_slash && plain_part(out->repository) &&
         (at == model.size() || plain_part(out->revision));
}

std::string entry_name(std::string repository) {
  if (const std::size_t slash = repository.find('/'); slash != std::string::npos)
    repository.replace(slash, 1, "--");
  return "models--" + repository;
}

[[noreturn]] void throw_missing(const HubName& name, const fs::path& hub) {
  const std::string revision = name.revision.empty() ? "" : " --revision " + name.revision;
  throw UserError("neither a folder nor in the Hugging Face cache " + hub.string() + ": " +
                  name.repository + (name.revision.empty() ? "" : "@" + name.revision) +
                  "; nothing is downloaded here, run: "
                  "hf download " +
                  name.repository + revision);
}

/// The snapshot that a branch or tag (refs/REV holds its commit) or a commit itself stands for.
fs::path snapshot_of(const fs::path& entry, const std::string& revision) {
  const std::string wanted = revision.empty() ? "main" : revision;
  std::string commit = wanted;
  if (is_there(entry / "refs" / wanted)) {
    commit = read_file((entry / "refs" / wanted).string());
    while (!commit.empty() && (commit.back() == '\n' || commit.back() == ' ')) commit.pop_back();
  }
  return plain_part(commit) ? entry / "snapshots" / commit : fs::path();
}

}  // namespace

std::string snapshot_in_hub(const std::string& model) {
  HubName name;
  if (model.find("://") != std::string::npos)
    throw UserError(
        "no model is read over the network; give a folder, or a name that hf download has fetched "
        "(ORG/NAME): " +
        model);
  if (!parse_hub_name(model, &name)) throw_no_folder(model);
  const fs::path hub = hub_folder(), entry = hub / entry_name(name.repository);
  const fs::path snapshot = is_there(entry) ? snapshot_of(entry, name.revision) : fs::path();
  if (snapshot.empty() || !is_there(snapshot)) throw_missing(name, hub);
  return snapshot.string();
}

std::string resolve_in_hub(const std::string& model) {
  const std::string snapshot = snapshot_in_hub(model);
  require_checkpoint_folder(snapshot);
  return snapshot;
}

}  // namespace flm
