#include "datasets/sources/locate.h"

#include <filesystem>
#include <set>

#include "base/errors.h"
#include "base/system/shipped_folder.h"
#include "base/text/joined.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

std::string with_name(std::string text, const std::string& name) {
  for (std::size_t at = 0; (at = text.find("{name}", at)) != std::string::npos; at += name.size())
    text.replace(at, 6, name);
  return text;
}

std::optional<std::vector<FoundFile>> find_all(const std::string& folder,
                                               const std::vector<std::string>& names,
                                               const std::string& archive) {
  std::vector<FoundFile> files;
  for (const std::string& name : names) {
    auto file = find_file(folder, name, archive);
    if (!file) return std::nullopt;
    files.push_back(std::move(*file));
  }
  return files;
}

}  // namespace

std::string datasets_folder() { return shipped_folder(FLM_SOURCE_DATASETS, "datasets"); }

std::string samples_folder(const DatasetManifest& set) {
  const std::string sample = set.builtin.empty() ? "samples/" + set.folder() : set.builtin;
  return (fs::path(datasets_folder()) / sample).lexically_normal().string();
}

std::optional<LocatedSplit> locate_split(const DatasetManifest& set, const std::string& below,
                                         bool is_sample, const std::string& name,
                                         const std::string& split) {
  for (const DatasetLayout& layout : set.layouts) {
    const auto rule = layout.splits.find(split);
    if (rule == layout.splits.end()) continue;
    const std::string folder = is_sample ? below : (fs::path(below) / layout.folder).string();
    if (!layout.needs.empty() && !find_file(folder, layout.needs, layout.archive)) continue;
    LocatedSplit found{&layout, &rule->second, {}, {}};
    for (const std::string& file : rule->second.files) found.names.push_back(with_name(file, name));
    auto files = find_all(folder, found.names, layout.archive);
    if (!files) continue;
    found.files = std::move(*files);
    return found;
  }
  return std::nullopt;
}

std::string how_to_get(const DatasetManifest& set, const std::string& root) {
  if (!set.get.empty()) return set.get;
  const std::string folder = root.empty() ? "DIR" : root;
  const std::string& id = set.huggingface[0];
  const std::string hub = ", or: hf download --repo-type dataset " + id;
  if (set.fetch.urls.empty())
    return "put the official files into " + folder + "/" + set.folder() + " and give --data " +
           folder + hub;
  return "type: flmeval data fetch " + set.name + " --data " + folder + hub;
}

void check_split(const DatasetManifest& set, const std::string& split) {
  std::set<std::string> known;
  for (const DatasetLayout& layout : set.layouts)
    for (const auto& [name, rule] : layout.splits) known.insert(name);
  if (known.count(split)) return;
  throw UserError("data set " + set.name + " has no split " + split + "; it has " +
                  joined(known, ", "));
}

std::string first_file(const DatasetManifest& set, const std::string& name,
                       const std::string& split) {
  for (const DatasetLayout& layout : set.layouts) {
    const auto rule = layout.splits.find(split);
    if (rule != layout.splits.end()) return with_name(rule->second.files.at(0), name);
  }
  return "";
}

}  // namespace flm
