// Pieces of Markdown: plain text and the rows of tables.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// Names and messages show as they are, whatever they hold.
std::string markdown_text(const std::string& text);

/// The first two lines of a table.
std::string markdown_head(const std::vector<std::string>& columns,
                          const std::vector<bool>& numeric);

/// `depth` indents the first cell.
std::string markdown_row(const std::vector<std::string>& cells, int depth);

}  // namespace flm
