#include "tests/layering/layering_rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

namespace flm::layering {
namespace {

/// Which folders a folder may include, itself always among them.
const std::map<std::string, std::set<std::string>>& allowed_edges() {
  static const std::map<std::string, std::set<std::string>> edges = {
      {"base", {}},
      {"datasets", {"base"}},
      {"tasks", {"base", "datasets"}},
      {"engine", {"base"}},
      {"reports", {"base"}},
      {"harness", {"base", "datasets", "tasks", "engine", "reports"}},
      {"bench", {"base", "engine"}},
      {"tests", {"base", "datasets", "tasks", "engine", "reports", "harness", "bench"}},
  };
  return edges;
}

const std::set<std::string> kEngineDoor = {"engine/engine.h", "engine/tokenizer.h"};

std::string top_folder(const std::string& path) { return path.substr(0, path.find('/')); }

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

std::string edge_problem(const std::string& from, const std::string& included) {
  const auto edges = allowed_edges().find(top_folder(from));
  const std::string to = top_folder(included);
  // A test may name its neighbour alone: without a slash it cannot leave the folder.
  if (edges != allowed_edges().end() && edges->first == "tests" &&
      included.find('/') == std::string::npos)
    return "";
  if (included.find("..") != std::string::npos || !allowed_edges().contains(to))
    return "include is not from the root of the repository";
  if (edges == allowed_edges().end()) return "folder is unknown to the layering rules";
  if (to != edges->first && !edges->second.contains(to)) return "forbidden edge";
  if (edges->first == "harness" && to == "engine" && !kEngineDoor.contains(included))
    return "harness sees engine/engine.h and engine/tokenizer.h only";
  return "";
}

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

std::vector<std::string> include_problems(const std::string& path, std::string_view text) {
  std::vector<std::string> problems;
  for (const Include& include : quoted_includes(text)) {
    const std::string problem = edge_problem(path, include.path);
    if (!problem.empty())
      problems.push_back(place(path, include.line) + ": " + problem + ": \"" + include.path + "\"");
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
