#include "base/system/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/errors.h"

namespace flm {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The home of that user, of this one for ""; nothing for an unknown name.
std::optional<std::string> home_of(const std::string& user) {
  if (user.empty())
    if (auto home = environment("HOME")) return home;
  const passwd* entry = user.empty() ? getpwuid(getuid()) : getpwnam(user.c_str());
  return entry ? std::optional<std::string>(entry->pw_dir) : std::nullopt;
}

/// Behind the `$` at `at`: where the variable's name begins and ends, and where its spelling does.
struct Reference {
  std::size_t begin, end, behind;
};

std::optional<Reference> reference_at(const std::string& text, std::size_t at) {
  const std::size_t first = at + 1;
  if (first < text.size() && text[first] == '{') {
    const std::size_t brace = text.find('}', first);
    if (brace == std::string::npos) return std::nullopt;
    return Reference{first + 1, brace, brace + 1};
  }
  const auto end = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(first), text.end(),
                                    [](char c) { return is_word(c); });
  const auto last = static_cast<std::size_t>(end - text.begin());
  return last == first ? std::nullopt : std::optional(Reference{first, last, last});
}

}  // namespace

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

bool environment_switch(const char* name, bool otherwise, const char* meaning) {
  const auto text = environment(name);
  if (!text) return otherwise;
  if (*text == "0" || *text == "1") return *text == "1";
  throw UserError(std::string(name) + " takes 0 or 1 (" + meaning + "), not \"" + *text +
                  "\"; unset it");
}

std::string expand_user(const std::string& path) {
  if (!path.starts_with("~")) return path;
  const std::size_t slash = std::min(path.find('/'), path.size());
  auto home = home_of(path.substr(1, slash - 1));
  if (!home) return path;
  home->erase(home->find_last_not_of('/') + 1);
  const std::string out = *home + path.substr(slash);
  return out.empty() ? "/" : out;
}

std::string expand_variables(const std::string& path) {
  std::string out;
  for (std::size_t i = 0; i < path.size();) {
    const auto found = path[i] == '$' ? reference_at(path, i) : std::nullopt;
    const char* value =
        found ? std::getenv(path.substr(found->begin, found->end - found->begin).c_str()) : nullptr;
    out += value ? std::string(value) : path.substr(i, found ? found->behind - i : 1);
    i = found ? found->behind : i + 1;
  }
  return out;
}

}  // namespace flm
