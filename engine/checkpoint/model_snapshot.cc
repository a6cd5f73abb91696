#include "engine/checkpoint/model_snapshot.h"

#include <filesystem>
#include <optional>
#include <string>

#include "base/errors.h"
#include "base/system/hugging_face_cache.h"
#include "engine/checkpoint/folder_diagnosis.h"
#include "engine/checkpoint/trainers/folder_listing.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

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

/// NAME or ORG/NAME, with @REVISION perhaps; nothing if it can only be a path.
std::optional<HubName> parse_hub_name(const std::string& model) {
  const std::size_t at = std::min(model.find('@'), model.size());
  HubName out{model.substr(0, at), at == model.size() ? "" : model.substr(at + 1)};
  const std::size_t slash = out.repository.find('/');
  const bool one_slash =
      slash == std::string::npos || (slash + 1 < out.repository.size() &&
                                     out.repository.find('/', slash + 1) == std::string::npos);
  const bool plain = plain_part(out.repository) && (at == model.size() || plain_part(out.revision));
  return one_slash && plain ? std::optional(out) : std::nullopt;
}

[[noreturn]] void throw_missing(const HubName& name) {
  const std::string revision = name.revision.empty() ? "" : " --revision " + name.revision;
  throw UserError("neither a folder nor in the Hugging Face cache " + hub_folder().string() + ": " +
                  name.repository + (name.revision.empty() ? "" : "@" + name.revision) +
                  "; nothing is downloaded here, run: "
                  "hf download " +
                  name.repository + revision);
}

}  // namespace

std::string snapshot_in_hub(const std::string& model) {
  if (model.find("://") != std::string::npos)
    throw UserError(
        "no model is read over the network; give a folder, or a name that hf download has fetched "
        "(ORG/NAME): " +
        model);
  const auto name = parse_hub_name(model);
  if (!name) throw_no_folder(model);
  const fs::path snapshot = hub_snapshot(hub_entry("models", name->repository),
                                         name->revision.empty() ? "main" : name->revision);
  if (snapshot.empty() || !is_there(snapshot)) throw_missing(*name);
  return snapshot.string();
}

std::string resolve_in_hub(const std::string& model) {
  const std::string snapshot = snapshot_in_hub(model);
  require_checkpoint_folder(snapshot);
  return snapshot;
}

}  // namespace flm
