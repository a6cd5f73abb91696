// The pages in docs/ as tests read them.
#pragma once

#include <map>
#include <sstream>
#include <string>

#include "tests/harness/program.h"

namespace flm::testing {

/// Fenced blocks with a name: "```yaml capitals.yaml" -> its text.
inline std::map<std::string, std::string> named_blocks(const std::string& page) {
  std::map<std::string, std::string> blocks;
  std::istringstream document(slurp(std::string(FLM_SOURCE_DIR) + "/docs/" + page));
  std::string name;
  bool inside = false;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      std::istringstream words(line.substr(3));
      std::string language;
      name.clear();
      if (inside) words >> language >> name;
    } else if (inside && !name.empty()) {
      blocks[name] += line + "\n";
    }
  }
  return blocks;
}

/// The words in `code` of the first column of the tables below a heading ("" of the whole page),
/// each with whether its row says that it is there "only" sometimes.
inline std::map<std::string, bool> keys_below(const std::string& page, const std::string& heading) {
  std::map<std::string, bool> keys;
  std::istringstream lines(slurp(std::string(FLM_SOURCE_DIR) + "/docs/" + page));
  bool below = heading.empty();
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ") && !heading.empty()) below = line == "## " + heading;
    if (!below || !line.starts_with("| `")) continue;
    const std::size_t end = line.find(" | ");
    std::istringstream cell(line.substr(0, end));
    const bool only = line.find(" | only ", end) != std::string::npos;
    std::string part;
    for (bool code = false; std::getline(cell, part, '`'); code = !code)
      if (code) keys[part] = only;
  }
  return keys;
}

/// The words of a shell's line, with single quotes.
inline std::vector<std::string> shell_words(const std::string& line) {
  std::vector<std::string> words;
  bool open = false, quoted = false;
  for (const char c : line) {
    const bool quote = c == '\'', between = c == ' ' && !quoted;
    if (quote) quoted = !quoted;
    if (!between && !open) words.emplace_back();
    open = !between;
    if (!between && !quote) words.back() += c;
  }
  return words;
}

/// What the words of a page that stand for something else are in a test.
using Placeholders = std::map<std::string, std::string>;

/// The words behind `flmeval` of a block's lines, without comments and what a shell does with them,
/// and without the lines of other programs.
inline std::vector<std::vector<std::string>> commands_of(const std::string& block,
                                                         const Placeholders& placeholders) {
  std::vector<std::vector<std::string>> commands;
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t program = line.find("flmeval ");
    const std::string before = line.substr(0, std::min(program, line.size()));
    if (program == std::string::npos ||
        !(before.empty() || before.ends_with("$ ") || before.ends_with("nohup ")))
      continue;
    line = line.substr(program + 8);
    line = line.substr(0, std::min(line.find(" >"), line.find("  #")));
    commands.push_back(shell_words(line));
    for (std::string& word : commands.back())
      if (const auto known = placeholders.find(word); known != placeholders.end())
        word = known->second;
  }
  return commands;
}

}  // namespace flm::testing
