#include "reports/figures/markdown_text.h"

#include "reports/figures/display_width.h"

namespace flm {

std::string markdown_text(const std::string& text) {
  std::string out;
  for (char c : terminal_safe(text)) {  // a line break would end the row of a table
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (std::string("\\`*_[]|>#~").find(c) != std::string::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string markdown_head(const std::vector<std::string>& columns,
                          const std::vector<bool>& numeric) {
  std::string out = markdown_row(columns, 0) + "|";
  for (bool right : numeric) out += right ? " ---: |" : " --- |";
  return out + "\n";
}

std::string markdown_row(const std::vector<std::string>& cells, int depth) {
  std::string out = "|";
  for (std::size_t c = 0; c < cells.size(); ++c) {
    std::string indent;
    if (c == 0 && !cells[c].empty())
      for (int d = 0; d < depth; ++d) indent += "&nbsp;&nbsp;";
    out += " " + indent + markdown_text(cells[c]) + " |";
  }
  return out + "\n";
}

}  // namespace flm
