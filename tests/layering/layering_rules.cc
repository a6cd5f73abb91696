#include "tests/layering/layering_rules.h"

#include <algorithm>
#include <array>
#include <functional>
#include <regex>
#include <sstream>

namespace flm::layering {
namespace {

std::string place(const std::string& path, int line) { return path + ":" + std::to_string(line); }

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

/// "#  include <x>" -> "include <x>"; "" for a line that is no directive.
std::string_view directive(std::string_view line) {
  line = trimmed(line);
  return line.starts_with('#') ? trimmed(line.substr(1)) : std::string_view();
}

template <typename Visit>
void for_each_line(std::string_view text, const Visit& visit) {
  int number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    visit(++number, text.substr(begin, end - begin));
    begin = end + 1;
  }
}

/// The first file of a neighbour's name: "engine/x.cc" -> "engine/x.h".
std::string header_of(const std::string& body) { return body.substr(0, body.rfind('.')) + ".h"; }

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

bool is_body(const std::string& path) { return path.ends_with(".cc") || path.ends_with(".cu"); }

}  // namespace

std::vector<Include> quoted_includes(std::string_view text) {
  std::vector<Include> found;
  for_each_line(text, [&](int number, std::string_view line) {
    const std::string_view body = directive(line);
    if (!body.starts_with("include")) return;
    const auto open = body.find('"');
    if (open == std::string_view::npos) return;
    const auto close = body.find('"', open + 1);
    found.push_back({number, std::string(body.substr(open + 1, close - open - 1))});
  });
  return found;
}

std::string first_include(std::string_view text) {
  std::string first;
  for_each_line(text, [&](int, std::string_view line) {
    const std::string_view body = directive(line);
    if (!first.empty() || !body.starts_with("include")) return;
    const auto open = body.find_first_of("\"<");
    first = body.substr(open + 1, body.find_first_of("\">", open + 1) - open - 1);
  });
  return first;
}

std::vector<std::string> include_problems(const Rooms& rooms, const std::string& path,
                                          std::string_view text) {
  std::vector<std::string> problems;
  for (const Include& include : quoted_includes(text)) {
    // A test may name its neighbour alone: without a slash it cannot leave the folder.
    if (path.starts_with("tests/") && include.path.find('/') == std::string::npos) continue;
    const std::string problem = include.path.find("..") != std::string::npos
                                    ? "include is not from the root of the repository"
                                    : rooms.edge_problem(path, include.path);
    if (!problem.empty())
      problems.push_back(place(path, include.line) + ": " + problem + ": \"" + include.path + "\"");
  }
  return problems;
}

std::vector<std::string> header_problems(const std::string& path, std::string_view text,
                                         const std::set<std::string>& files) {
  if (!is_body(path)) {
    if (!path.ends_with(".h")) return {};
    std::string first;
    for_each_line(text, [&](int, std::string_view line) {
      if (first.empty()) first = directive(line);
    });
    if (first == "pragma once") return {};
    return {path + ": the first directive of a header is #pragma once"};
  }
  const std::string header = header_of(path);
  const std::vector<Include> includes = quoted_includes(text);
  if (files.contains(header)) {
    const auto first = first_include(text);
    if (first == header) return {};
    return {path + ": its own header comes first: \"" + header + "\""};
  }
  if (path.ends_with("/main.cc")) return {};
  // What it defines is declared in its own folder or in one above, at the door of the wing.
  for (const Include& include : includes)
    if (path.starts_with(folder_of(include.path)) && !folder_of(include.path).empty()) return {};
  return {path + ": the header that declares what it defines lies in another folder"};
}

std::vector<std::string> circle_problems(
    const std::map<std::string, std::vector<std::string>>& includes) {
  // Depth first; a header that is met again while it is open closes a circle.
  std::set<std::string> open, done;
  std::vector<std::string> path, problems;
  const std::function<void(const std::string&)> visit = [&](const std::string& file) {
    if (done.contains(file)) return;
    path.push_back(file);
    if (!open.insert(file).second) {
      std::string circle;
      for (auto at = std::find(path.begin(), path.end(), file); at != path.end(); ++at)
        circle += (circle.empty() ? "" : " -> ") + *at;
      problems.push_back("includes run in a circle: " + circle);
      path.pop_back();
      return;
    }
    const auto found = includes.find(file);
    if (found != includes.end())
      for (const std::string& other : found->second) visit(other);
    open.erase(file);
    done.insert(file);
    path.pop_back();
  };
  for (const auto& [file, others] : includes) visit(file);
  return problems;
}

std::vector<std::string> defined_types(std::string_view text) {
  static const std::regex opens(R"(^namespace ([\w:]*) ?\{)"), closes(R"(^\}  // namespace)");
  static const std::regex type(
      R"(^(?:struct|class|enum class) (\w+)(?: final)?(?: : [^;]*)?\s*\{)");
  std::vector<std::string> spaces, out;
  for_each_line(text, [&](int, std::string_view view) {
    const std::string line(view);
    std::smatch found;
    if (std::regex_search(line, found, opens)) spaces.push_back(found[1]);
    if (std::regex_search(line, closes) && !spaces.empty()) spaces.pop_back();
    if (!std::regex_search(line, found, type)) return;
    std::string name;
    for (const std::string& space : spaces) {
      if (space.empty()) return;  // unnamed: each body has its own
      name += space + "::";
    }
    out.push_back(name + found[1].str());
  });
  return out;
}

std::vector<std::string> home_problems(
    const std::map<std::string, std::vector<std::string>>& homes) {
  std::vector<std::string> problems;
  for (const auto& [type, headers] : homes) {
    if (headers.size() < 2) continue;
    std::string places;
    for (const std::string& header : headers) places += (places.empty() ? "" : " and ") + header;
    problems.push_back(type + " has two homes: " + places);
  }
  return problems;
}

std::vector<std::string> conditional_problems(const std::string& path, std::string_view text) {
  std::vector<std::string> problems;
  for_each_line(text, [&](int number, std::string_view line) {
    const std::string_view body = directive(line);
    // Headers carry #pragma once, so that no guard needs an exception here.
    if (body.starts_with("if") || body.starts_with("elif"))
      problems.push_back(place(path, number) + ": conditional compilation: " + std::string(line));
  });
  return problems;
}

std::vector<std::string> comment_problems(const std::string& path, std::string_view text,
                                          const std::set<std::string>& files,
                                          const std::set<std::string>& foreign) {
  static const std::regex named(
      "(?:^|[^A-Za-z0-9_./*$~-])([a-z0-9_][a-z0-9_./-]*\\.(?:h|cc|cuh?))\\b");
  std::vector<std::string> problems;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::size_t comment = line.find("// ");
    if (comment == std::string::npos || line.find(".", comment) == std::string::npos) continue;
    const std::string said = line.substr(comment);
    for (std::sregex_iterator hit(said.begin(), said.end(), named), end; hit != end; ++hit) {
      const std::string name = (*hit)[1];
      if (!files.contains(name) && !foreign.contains(name))
        problems.push_back(path + ":" + std::to_string(number) +
                           ": the comment names a file that is not there: " + name);
    }
  }
  return problems;
}

std::vector<std::string> length_problems(const std::string& path, std::string_view text) {
  const auto lines = std::count(text.begin(), text.end(), '\n');
  if (lines <= kMostLines) return {};
  return {path + ": " + std::to_string(lines) + " lines, more than " + std::to_string(kMostLines)};
}

std::vector<std::string> name_problems(const std::string& path) {
  static constexpr std::array kEmptyNames = {"util",    "utils",  "helper",
                                             "helpers", "common", "misc"};
  std::vector<std::string> problems;
  std::stringstream parts(path);
  for (std::string part; std::getline(parts, part, '/');) {
    std::stringstream words(part.substr(0, part.find('.')));
    for (std::string word; std::getline(words, word, '_');)
      if (std::find(kEmptyNames.begin(), kEmptyNames.end(), word) != kEmptyNames.end())
        problems.push_back(path + ": the name \"" + word + "\" says nothing");
  }
  return problems;
}

}  // namespace flm::layering
