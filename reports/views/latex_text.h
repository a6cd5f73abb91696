// Pieces of LaTeX: plain text and the rows of tables.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// Names and messages show as they are; arrows, signs and the minus before a digit become LaTeX's.
std::string latex_text(const std::string& text);

/// "a & b \\" with a newline.
std::string latex_row(const std::vector<std::string>& cells);

/// "\begin{tabular}{lr}", the names of the columns, rules (booktabs).
std::string latex_head(const std::vector<std::string>& columns, const std::vector<bool>& numeric);

std::string latex_end();

}  // namespace flm
