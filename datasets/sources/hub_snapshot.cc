#include "datasets/sources/hub_snapshot.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/errors.h"
#include "base/system/files_below.h"
#include "base/system/places.h"
#include "datasets/formats/data_formats.h"
#include "datasets/sources/path_patterns.h"

namespace flm {
namespace fs = std::filesystem;
namespace {

/// Data files below a folder, relative, sorted. In the hub's cache they are links, whose own names
/// count.
std::vector<std::string> data_files_below(const fs::path& folder) {
  std::vector<std::string> out;
  std::vector<UnreadPath> unread;
  for (const fs::path file : files_below(folder.string(), &unread))
    if (!format_of_name(file.filename().string()).empty())
      out.push_back(file.lexically_relative(folder).string());
  for (const auto& [path, fault] : unread)  // other links that lead nowhere are nobody's data
    if (!is_gone(path) || !format_of_name(path).empty())
      throw UserError(fault + "; get the data set again");
  std::sort(out.begin(), out.end());
  return out;
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

std::vector<std::string> matching(const std::vector<std::string>& files,
                                  const std::vector<std::string>& patterns) {
  std::vector<std::string> out;
  for (const std::string& pattern : patterns)
    for (const std::string& file : files)
      if (selects(pattern, file)) out.push_back(file);
  return out;
}

/// The name of its reader in the `datasets` library.
std::string reader_of(const std::string& format) {
  return format == "jsonl" ? "json" : format == "tsv" ? "csv" : format;
}

/// The files of the format that most have. Where two have as many, the first of these is taken.
std::vector<std::string> of_one_reader(const std::vector<std::string>& files) {
  std::map<std::string, std::ptrdiff_t> counts;
  for (const std::string& file : files) ++counts[format_of_name(file)];
  std::string most;
  for (const char* format : {"parquet", "arrow", "jsonl", "json", "csv", "text", "tsv"})
    if (counts[format] > counts[most]) most = format;
  std::vector<std::string> out = files;
  std::erase_if(out, [&](const std::string& file) {
    return reader_of(format_of_name(file)) != reader_of(most);
  });
  return out;
}

std::vector<SplitFiles> told_by_name(const std::vector<std::string>& files) {
  std::vector<SplitFiles> splits = splits_by_name(files);
  for (SplitFiles& split : splits) split.files = of_one_reader(split.files);
  return splits;
}

std::vector<SplitFiles> relative_splits(const std::vector<std::string>& files,
                                        const std::string& name,
                                        const Configuration& configuration) {
  const std::string& below = configuration.data_dir;
  std::vector<SplitFiles> splits;
  if (!configuration.data_files.empty())
    for (const auto& [split, patterns] : configuration.data_files)
      splits.push_back({split, matching(files, patterns)});
  else if (!below.empty())
    splits = told_by_name(matching(files, {(fs::path(below) / "**").lexically_normal().string()}));
  else
    splits =
        told_by_name(of_configuration(matching(files, {"**"}), configuration.listed ? "" : name));
  return splits;
}

}  // namespace

std::vector<SplitFiles> snapshot_splits(const std::string& folder, const std::string& name,
                                        const Configuration& configuration) {
  std::vector<SplitFiles> splits = relative_splits(data_files_below(folder), name, configuration);
  for (SplitFiles& one : splits)
    for (std::string& file : one.files) file = (fs::path(folder) / file).string();
  return splits;
}

}  // namespace flm
