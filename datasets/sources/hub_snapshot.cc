#include "datasets/sources/hub_snapshot.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/documents/yaml.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "datasets/compression/archive.h"
#include "datasets/formats/data_formats.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

struct Paths {
  std::string split;  // "" = every split by its name
  std::vector<std::string> patterns;
};

/// Data files below a folder, relative, sorted. In the hub's cache they are links, whose own names
/// count.
std::vector<std::string> data_files_below(const fs::path& folder) {
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && !format_of_name(entry.path().filename().string()).empty())
      out.push_back(entry.path().lexically_relative(folder).string());
  std::sort(out.begin(), out.end());
  return out;
}

/// The YAML between the lines --- at the head of README.md.
std::optional<YamlNode> front_matter(const fs::path& readme) {
  if (!fs::is_regular_file(readme)) return std::nullopt;
  const std::string text = read_file(readme.string());
  if (!text.starts_with("---")) return std::nullopt;
  const std::size_t end = text.find("\n---", 3);
  if (end == std::string::npos) return std::nullopt;
  return parse_yaml(text.substr(4, end - 3), readme.string());
}

/// data_files: a pattern, a list of patterns, a map split -> patterns, or a list of {split, path}.
std::vector<Paths> read_paths(const YamlNode& node) {
  std::vector<Paths> out;
  if (node.is_map()) {
    for (const auto& [split, paths] : node.entries) out.push_back({split.text, paths.texts()});
  } else if (node.is_list() && !node.items.empty() && node.items[0].is_map()) {
    for (const YamlNode& item : node.items) {
      const YamlNode *split = item.find("split"), *path = item.find("path");
      if (split && path) out.push_back({split->text, path->texts()});
    }
  } else {
    out.push_back({"", node.texts()});
  }
  return out;
}

/// The entry of `configs:` for a configuration; "" is the default one.
const YamlNode* find_configuration(const YamlNode& head, const std::string& name) {
  const YamlNode* configs = head.find("configs");
  if (!configs) return nullptr;
  const YamlNode* found = nullptr;
  for (const YamlNode& config : configs->items) {
    const YamlNode *own = config.find("config_name"), *chosen = config.find("default");
    const bool is_default = (own && own->text == "default") || (chosen && chosen->boolean);
    const bool only = configs->items.size() == 1;
    if (own && own->text == name) return &config;
    if (name.empty() && (is_default || only)) found = &config;
  }
  return found;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// `word` stands in the name between signs that are neither letters nor digits.
bool has_word(const std::string& text, const std::string& word) {
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

/// Those of the configuration `name`: of its folder, else with its name in theirs.
std::vector<std::string> of_configuration(std::vector<std::string> files, const std::string& name) {
  if (name.empty() || name == "default") return files;
  const std::string folder = name + "/";
  const auto in_folder = [&](const std::string& file) {
    return file.starts_with(folder) || file.find("/" + folder) != std::string::npos;
  };
  const bool any = std::any_of(files.begin(), files.end(), in_folder);
  std::erase_if(files, [&](const std::string& file) {
    return any ? !in_folder(file) : !has_word(file, name);
  });
  return files;
}

std::vector<std::string> matching(const std::vector<std::string>& files, const Paths& paths) {
  std::vector<std::string> out;
  for (const std::string& pattern : paths.patterns)
    for (const std::string& file : files)
      if (matches_pattern(pattern, file)) out.push_back(file);
  return out;
}

/// Where "[ab]" at the head of a pattern closes; npos: none stands there, "[" is itself.
std::size_t set_end(const std::string& pattern) {
  if (pattern[0] != '[') return std::string::npos;
  const std::size_t first = pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == '^') ? 3 : 2;
  return pattern.find(']', first);  // a "]" that comes first is one of the set
}

bool in_set(std::string set, char c) {
  const bool others = set[0] == '!' || set[0] == '^';
  if (others) set.erase(0, 1);
  bool found = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    found |= range ? set[i] <= c && c <= set[i + 2] : set[i] == c;
    if (range) i += 2;
  }
  return c != '/' && found != others;
}

}  // namespace

bool has_pattern(const std::string& text) { return text.find_first_of("*?[") != std::string::npos; }

// Places of the path that the pattern so far reaches, so that many stars cost no more than one.
bool matches_pattern(const std::string& pattern, const std::string& path) {
  std::vector<bool> reached(path.size() + 1);
  reached[0] = true;
  const auto take_one = [&](const auto& fits) {
    for (std::size_t at = path.size(); at > 0; --at)
      reached[at] = reached[at - 1] && fits(path[at - 1]);
    reached[0] = false;
  };
  const auto take_any = [&](bool over_folders) {
    for (std::size_t at = 0; at < path.size(); ++at)
      if (reached[at] && (over_folders || path[at] != '/')) reached[at + 1] = true;
  };
  for (std::string rest = pattern; !rest.empty();) {
    std::size_t taken = 1;
    const std::size_t end = set_end(rest);
    if (rest.starts_with("**")) {
      taken = rest.starts_with("**/") ? 3 : 2;
      take_any(true);
    } else if (rest[0] == '*') {
      take_any(false);
    } else if (end != std::string::npos) {
      taken = end + 1;
      take_one([&](char c) { return in_set(rest.substr(1, end - 1), c); });
    } else {
      take_one([&](char c) { return rest[0] == c || (rest[0] == '?' && c != '/'); });
    }
    rest.erase(0, taken);
  }
  return reached[path.size()];
}

std::vector<SplitFiles> snapshot_splits(const std::string& folder, const std::string& name) {
  const std::vector<std::string> files = data_files_below(folder);
  std::vector<SplitFiles> splits;
  const auto head = front_matter(fs::path(folder) / "README.md");
  const YamlNode* configuration = head ? find_configuration(*head, name) : nullptr;
  const YamlNode* paths = configuration ? configuration->find("data_files") : nullptr;
  const YamlNode* below = configuration ? configuration->find("data_dir") : nullptr;
  if (paths) {
    for (const Paths& one : read_paths(*paths)) {
      std::vector<std::string> matched = matching(files, one);
      if (!one.split.empty())
        splits.push_back({one.split, std::move(matched)});
      else
        splits = splits_by_name(matched);
    }
  } else if (below) {
    splits = splits_by_name(matching(files, {"", {below->text + "/**"}}));
  } else {
    splits = splits_by_name(of_configuration(files, name));
  }
  for (SplitFiles& one : splits)
    for (std::string& file : one.files) file = (fs::path(folder) / file).string();
  return splits;
}

SnapshotFile read_snapshot_file(const std::string& path) {
  std::string bytes = read_file(path);
  if (path.ends_with(".gz")) bytes = gunzip(bytes, path);
  return {std::move(bytes), format_of_name(fs::path(path).filename().string())};
}

}  // namespace flm
