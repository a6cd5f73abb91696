#include "reports/html/elements.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "reports/html/escape.h"

namespace flm {
namespace {

constexpr int kDeepest = 4;  // of page.css

/// encodeURIComponent of the name, so that page.js finds it again.
std::string url_part(const std::string& text) {
  static const std::string plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
  std::string out;
  for (char c : text) {
    char code[8];
    std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
    out += plain.find(c) == std::string::npos ? code : std::string(1, c);
  }
  return out;
}

constexpr const char* kSampleList = R"(<p class="hint" id="sample-problem" hidden></p>
<noscript><p class="hint">The list needs a browser that runs scripts; all figures above do not.</p></noscript>
<div id="sample-list" hidden>
<div class="tools">
<label>Task <select id="of-task"></select></label>
<label>Show <select id="of-state"></select></label>
<label>Order <select id="order"></select></label>
<label class="search">Search all texts <input id="search" type="search" autocomplete="off" spellcheck="false"></label>
</div>
<p class="hint"><output id="count" aria-live="polite"></output> · <span class="screen-only"><kbd>j</kbd> next, <kbd>k</kbd> previous, <kbd>/</kbd> search, <kbd>n</kbd> <kbd>p</kbd> pages, <kbd>c</kbd> copy</span></p>
<table id="list"><thead><tr><th>result</th><th>sample</th><th class="number">value</th><th class="number">margin</th></tr></thead><tbody></tbody></table>
<p id="nothing" hidden>No sample fits. Take another task or state, or a shorter search.</p>
<div class="pages" id="pages" hidden><button type="button" id="earlier">← earlier</button><span id="page"></span><button type="button" id="later">later →</button></div>
</div>
)";

}  // namespace

std::string element(const std::string& tag, const std::string& html, const std::string& kind) {
  return "<" + tag + (kind.empty() ? "" : " class=\"" + kind + "\"") + ">" + html + "</" + tag +
         ">";
}

std::string section(const std::string& id, const std::string& title, const std::string& html) {
  if (html.empty()) return "";
  return "<section id=\"" + id + "\">\n<h2>" + html_escaped(title) + "</h2>\n" + html +
         "</section>\n";
}

std::string badges(const std::vector<Badge>& list) {
  std::string out;
  for (const Badge& badge : list) {
    const char* kind = badge.tone == Tone::kGood ? "good" : badge.tone == Tone::kWarn ? "warn" : "";
    const char* sign = badge.tone == Tone::kGood ? "✓ " : badge.tone == Tone::kWarn ? "! " : "";
    out += element("li", sign + html_escaped(badge.text), kind) + "\n";
  }
  return element("ul", "\n" + out, "badges") + "\n";
}

std::string notice(const std::string& text) {
  return text.empty() ? "" : element("p", html_escaped(text), "notice") + "\n";
}

std::string fact_list(const std::vector<std::pair<std::string, std::string>>& facts, bool code) {
  if (facts.empty()) return "";
  std::string out;
  for (const auto& [name, value] : facts)
    out += element("dt", html_escaped(name)) +
           element("dd", html_escaped(value), code ? "code" : "") + "\n";
  return element("dl", "\n" + out, "facts") + "\n";
}

std::string sample_link(const std::string& task, const std::string& text, bool linked) {
  if (!linked) return breakable(text);
  return "<a href=\"#" + html_escaped(url_part(task)) + "\">" + breakable(text) + "</a>";
}

std::string breakable(const std::string& name) {
  std::string out;
  for (char c : html_escaped(name)) {
    out += c;
    if (c == '_' || c == '/') out += "<wbr>";
  }
  return out;
}

std::string contents(const std::vector<std::pair<std::string, std::string>>& sections) {
  std::string out;
  for (const auto& [id, title] : sections)
    out += "<a href=\"#" + id + "\">" + html_escaped(title) + "</a>\n";
  return element("nav", "\n" + out) + "\n";
}

std::string card_table(const Columns& columns, const std::string& bodies, const std::string& kind) {
  std::string head;
  for (const Column& column : columns)
    head += element("th", html_escaped(column.name), column.number ? "number" : "");
  const std::string table = element("thead", element("tr", head)) + bodies;
  return element("div", element("table", table, kind.empty() ? "cards" : kind + " cards"), "wide") +
         "\n";
}

std::string card_row(const Columns& columns, const std::vector<std::string>& cells,
                     const std::string& kind) {
  static constexpr std::string_view kCell = "<td";
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool named = cells[i].starts_with(kCell) && !columns.at(i).name.empty();
    out += named ? "<td data-column=\"" + html_escaped(columns[i].name) + "\"" +
                       cells[i].substr(kCell.size())
                 : cells[i];
  }
  return element("tr", out, kind) + "\n";
}

std::string number_cell(const std::string& text) {
  return element("td", html_escaped(text), "number");
}

std::string name_cell(const std::string& html, int depth) {
  const std::string kind = "name depth-" + std::to_string(std::min(depth, kDeepest));
  return "<th scope=\"row\" class=\"" + kind + "\">" + html + "</th>";
}

std::string samples_section(bool any, const std::string& left_out) {
  const std::string told =
      left_out.empty() ? "" : element("p", html_escaped(left_out), "hint") + "\n";
  return section("samples", "Samples", told + (any ? kSampleList : ""));
}

}  // namespace flm
