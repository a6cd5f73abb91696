#include "engine/checkpoint/trainers/folder_listing.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>

#include "base/system/read_from.h"
#include "base/system/system_error.h"
#include "engine/checkpoint_state.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestMarker = 4096;
constexpr const char* kSpace = " \t\r\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

fs::path tidy_folder(const fs::path& path) {
  const fs::path folder = (path / "").lexically_normal().parent_path();
  const std::string name = folder.filename().string();
  if (!name.empty() && name != "." && name != "..") return folder;
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::path& entry : entries_of(folder)) names.push_back(entry.filename().string());
  return names;
}

std::optional<std::string> marker_text(const fs::path& path) {
  if (!is_file(path)) return {};  // a pipe would be waited for
  std::ifstream file(path, std::ios::binary);
  if (!file) throw system_error("read", path.string(), errno);
  std::string text(kLongestMarker, '\0');
  text.resize(read_from(file, text.data(), text.size(), path.string()));
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

std::optional<std::int64_t> plain_number(const std::string& text) {
  std::int64_t value = 0;
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<std::int64_t> last_number(const std::string& name) {
  std::size_t end = name.size();
  while (end > 0 && !is_digit(name[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_digit(name[begin - 1])) --begin;
  return plain_number(name.substr(begin, end - begin));
}

bool is_temporary_name(const std::string& name) {
  return name.ends_with("-tmp") || name.ends_with(".tmp") || name.ends_with("_tmp") ||
         name.starts_with("tmp-") || name.starts_with("tmp_") || name.starts_with(".");
}

}  // namespace flm
