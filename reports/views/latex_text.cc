#include "reports/views/latex_text.h"

#include <array>
#include <utility>

namespace flm {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 21> kSpelled = {{
    {"\\", "\\textbackslash{}"},
    {"{", "\\{"},
    {"}", "\\}"},
    {"$", "\\$"},
    {"&", "\\&"},
    {"#", "\\#"},
    {"%", "\\%"},
    {"_", "\\_"},
    {"^", "\\textasciicircum{}"},
    {"~", "\\textasciitilde{}"},
    {"<", "$<$"},
    {">", "$>$"},
    {"|", "\\textbar{}"},
    {"↑", "$\\uparrow$"},
    {"↓", "$\\downarrow$"},
    {"▲", "$\\blacktriangle$"},
    {"▼", "$\\blacktriangledown$"},
    {"≥", "$\\ge$"},
    {"–", "--"},
    {"✓", "$\\checkmark$"},
    {"✗", "$\\times$"},
}};

/// "-.014": a minus, where a hyphen joins words.
bool is_minus(const std::string& text, std::size_t at) {
  const bool begins = at == 0 || text[at - 1] == ' ';
  const bool number =
      at + 1 < text.size() && (text[at + 1] == '.' || (text[at + 1] >= '0' && text[at + 1] <= '9'));
  return text[at] == '-' && begins && number;
}

}  // namespace

std::string latex_text(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t taken = 0;
    for (const auto& [plain, spelled] : kSpelled) {
      const std::string_view sign = plain;
      if (text.compare(at, sign.size(), sign) != 0) continue;
      out += spelled;
      taken = sign.size();
      break;
    }
    if (taken == 0) {
      out += is_minus(text, at) ? std::string("$-$") : std::string(1, text[at]);
      taken = 1;
    }
    at += taken;
  }
  return out;
}

std::string latex_row(const std::vector<std::string>& cells) {
  std::string out;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const std::size_t indent = c == 0 ? cells[c].find_first_not_of(' ') : 0;
    const std::size_t begin = indent == std::string::npos ? 0 : indent;
    if (c > 0) out += " & ";
    if (begin > 0) out += "\\hspace{" + std::to_string(begin / 2) + "em}";
    // Behind a row's end "[" and "*" would be its arguments.
    if (c == 0 && begin < cells[c].size() && std::string("[*").find(cells[c][begin]) < 2)
      out += "{}";
    out += latex_text(cells[c].substr(begin));
  }
  return out + " \\\\\n";
}

std::string latex_head(const std::vector<std::string>& columns, const std::vector<bool>& numeric) {
  std::string kinds;
  for (bool right : numeric) kinds += right ? 'r' : 'l';
  return "\\begin{tabular}{" + kinds + "}\n\\toprule\n" + latex_row(columns) + "\\midrule\n";
}

std::string latex_end() { return "\\bottomrule\n\\end{tabular}\n"; }

}  // namespace flm
