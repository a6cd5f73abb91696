#include "harness/run/stored_paths.h"

#include <filesystem>
#include <functional>
#include <map>
#include <sstream>

#include "base/system/places.h"
#include "harness/requests/samples_file.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using Rule = std::function<std::string(const std::string& folder, const std::string& value)>;

/// The same of each part between commas.
std::string each_part(const std::string& list, const std::function<std::string(std::string)>& one) {
  std::string out;
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ',');)
    out += (out.empty() ? "" : ",") + one(std::move(part));
  return out;
}

std::string path_if_there(const std::string& folder, const std::string& value) {
  return is_there(fs::path(folder) / value) ? path_from(folder, value) : value;
}

std::string model(const std::string& folder, const std::string& value) {
  static const std::string kReplay = "replay:";
  if (!value.starts_with(kReplay)) return path_if_there(folder, value);
  return kReplay + each_part(value.substr(kReplay.size()),
                             [&](const std::string& file) { return path_from(folder, file); });
}

std::string model_args(const std::string& folder, const std::string& value) {
  return each_part(value, [&](const std::string& part) {
    for (const std::string key : {"pretrained=", "tokenizer="})
      if (part.starts_with(key)) return key + path_if_there(folder, part.substr(key.size()));
    return part;
  });
}

std::string samples(const std::string& folder, const std::string& value) {
  return is_inline_json(value) ? value : path_from(folder, value);
}

std::string tasks(const std::string& folder, const std::string& value) {
  return each_part(value, [&](const std::string& part) {  // a file without .yaml is a name
    const std::string path = path_from(folder, part);
    return fs::is_directory(path) || part.ends_with(".yaml") ? path : part;
  });
}

const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> all = {{"--model", model},
                                                  {"--model-config", path_if_there},
                                                  {"--model-args", model_args},
                                                  {"--tasks", tasks},
                                                  {"--tokenizer", path_if_there},
                                                  {"--include-path", path_from},
                                                  {"--samples", samples},
                                                  {"--data", path_from},
                                                  {"--bpb-mixture", path_from},
                                                  {"--output", path_from},
                                                  {"--output-path", path_from},
                                                  {"--export-code", path_from},
                                                  {"--code-verdicts", path_from}};
  return all;
}

}  // namespace

std::string path_from(const std::string& folder, const std::string& path) {
  std::error_code gone;
  if (folder.empty() || path.empty() || fs::path(path).is_absolute() ||
      folder == fs::current_path(gone))
    return path;
  return (fs::path(folder) / path).lexically_normal().string();
}

std::vector<TypedFlag> with_paths_from(const std::string& folder, std::vector<TypedFlag> flags) {
  if (folder.empty()) return flags;
  for (TypedFlag& flag : flags) {
    const auto rule = rules().find(flag.name);
    if (rule == rules().end()) continue;
    for (std::string& value : flag.values) value = rule->second(folder, value);
  }
  return flags;
}

}  // namespace flm
