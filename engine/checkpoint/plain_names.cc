#include "engine/checkpoint/plain_names.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace flm {
namespace {

using Names = std::vector<std::string>;

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Modules that stand around one of the model's own, wherever they do.
std::string without_marks(std::string name) {
  for (const std::string_view mark :
       {"_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."})
    for (std::size_t at; (at = name.find(mark)) != std::string::npos;) name.erase(at, mark.size());
  return name;
}

/// Of a model with images, whose language model is one part of it, by its older and newer layout.
std::string in_language_model(const std::string& name) {
  for (const auto& [long_form, own] :
       {std::pair<std::string, std::string>("language_model.model.", "model."),
        {"language_model.lm_head.", "lm_head."},
        {"model.language_model.", "model."}})
    if (name.starts_with(long_form)) return own + name.substr(long_form.size());
  return name;
}

/// DistributedDataParallel's, which stands before all names or none.
void drop_shared_prefix(Names& names, const std::string& prefix) {
  if (!std::all_of(names.begin(), names.end(),
                   [&](const std::string& name) { return name.starts_with(prefix); }))
    return;
  for (std::string& name : names) name.erase(0, prefix.size());
}

/// A model saved without its head has the names of what the whole one calls "model".
void add_model_prefix(Names& names, const TensorNames& own) {
  const std::string embedding = own.embedding + ".weight";
  const std::string prefix = embedding.substr(0, embedding.find('.') + 1);
  if (!has(names, embedding.substr(prefix.size())) ||
      std::any_of(names.begin(), names.end(),
                  [&](const std::string& name) { return name.starts_with(prefix); }))
    return;
  for (std::string& name : names)
    if (!name.starts_with(own.head + ".")) name = prefix + name;
}

}  // namespace

std::vector<StoredTensor> plain_names(std::vector<StoredTensor> stored, const ModelConfig& config) {
  Names names;
  for (const StoredTensor& tensor : stored) names.push_back(without_marks(tensor.name));
  drop_shared_prefix(names, "module.");
  std::transform(names.begin(), names.end(), names.begin(), in_language_model);
  add_model_prefix(names, config.names);
  const std::string embedding = config.names.embedding + ".weight";
  if (config.tied && !has(names, embedding))
    std::replace(names.begin(), names.end(), config.names.head + ".weight", embedding);
  if (std::set<std::string>(names.begin(), names.end()).size() < names.size()) return stored;
  for (std::size_t i = 0; i < stored.size(); ++i) stored[i].name = names[i];
  return stored;
}

}  // namespace flm
