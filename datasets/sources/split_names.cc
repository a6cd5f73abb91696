#include "datasets/sources/split_names.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace flm {
namespace fs = std::filesystem;
namespace {

struct SplitWords {
  const char* split;
  std::vector<std::string> words;
};

const std::vector<SplitWords>& split_words() {
  static const std::vector<SplitWords> words = {
      {"train", {"train", "training"}},
      {"validation", {"validation", "valid", "dev", "val"}},
      {"test", {"test", "testing", "eval", "evaluation"}}};
  return words;
}

bool is_sign(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ' ';
}

/// How a word stands in a name: at its begin, else behind a sign; at its end, else before one.
struct Place {
  bool begins, ends;
};

bool stands(const std::string& name, const std::string& word, Place place) {
  for (std::size_t at = 0; (at = name.find(word, at)) != std::string::npos; ++at) {
    const std::size_t end = at + word.size();
    const bool before = place.begins ? at == 0 : at > 0 && is_sign(name[at - 1]);
    const bool after = place.ends ? end == name.size() : end < name.size() && is_sign(name[end]);
    if (before && after) return true;
  }
  return false;
}

bool file_tells(const std::string& file, const std::string& word, Place place) {
  return stands(fs::path(file).filename().string(), word, place);
}

bool folder_tells(const std::string& file, const std::string& word, Place place) {
  const fs::path folder = fs::path(file).parent_path();
  return std::any_of(folder.begin(), folder.end(),
                     [&](const fs::path& part) { return stands(part.string(), word, place); });
}

/// The library tries one pattern for each word and place in turn: that is the order of the files,
/// and a file that two of them fit comes twice.
std::vector<SplitFiles> splits_told(const std::vector<std::string>& files,
                                    const std::vector<Place>& places,
                                    bool (*tells)(const std::string&, const std::string&, Place)) {
  std::vector<SplitFiles> out;
  for (const SplitWords& split : split_words()) {
    SplitFiles one{split.split, {}};
    for (const std::string& word : split.words)
      for (const Place place : places)
        std::copy_if(files.begin(), files.end(), std::back_inserter(one.files),
                     [&](const std::string& file) { return tells(file, word, place); });
    if (!one.files.empty()) out.push_back(std::move(one));
  }
  return out;
}

/// Of data/SPLIT-00000-of-00001.parquet; "" for any other file.
std::string sharded_split(const std::string& file) {
  static const std::string kShape = "-00000-of-00000";
  if (!file.starts_with("data/") || file.find('/', 5) != std::string::npos) return "";
  for (std::size_t at = file.find('-'); at != std::string::npos; at = file.find('-', at + 1)) {
    std::string shape = file.substr(at, kShape.size());
    for (char& c : shape)
      if (c >= '0' && c <= '9') c = '0';
    if (shape == kShape) return file.substr(5, at - 5);
  }
  return "";
}

std::vector<SplitFiles> sharded_splits(const std::vector<std::string>& files) {
  std::set<std::string> names;
  for (const std::string& file : files) names.insert(sharded_split(file));
  names.erase("");
  std::vector<std::string> order;
  for (const SplitWords& split : split_words())
    if (names.erase(split.split) > 0) order.push_back(split.split);
  order.insert(order.end(), names.begin(), names.end());
  std::vector<SplitFiles> out;
  for (const std::string& name : order) {
    out.push_back({name, {}});
    std::copy_if(files.begin(), files.end(), std::back_inserter(out.back().files),
                 [&](const std::string& file) { return sharded_split(file) == name; });
  }
  return out;
}

}  // namespace

std::vector<SplitFiles> splits_by_name(const std::vector<std::string>& files) {
  const std::vector<Place> in_folders = {
      {true, true}, {true, false}, {false, true}, {false, false}};
  const std::vector<Place> in_files = {{true, false}, {false, false}};
  for (std::vector<SplitFiles> splits :
       {sharded_splits(files), splits_told(files, in_folders, folder_tells),
        splits_told(files, in_files, file_tells)})
    if (!splits.empty()) return splits;
  return files.empty() ? std::vector<SplitFiles>{} : std::vector<SplitFiles>{{"train", files}};
}

const SplitFiles* find_split(const std::vector<SplitFiles>& splits, const std::string& name) {
  for (const SplitFiles& one : splits)
    if (one.split == name) return &one;
  return nullptr;
}

}  // namespace flm
