// Tables as texts: fields between tabs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace flm {

using TextRow = std::vector<std::string>;

/// list(csv.reader(text.split("\n"), delimiter="\t")) of Python; nothing where it raises an error.
std::optional<std::vector<TextRow>> tab_separated(const std::string& text);

}  // namespace flm
