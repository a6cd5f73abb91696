#include "datasets/formats/special_formats.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"

namespace flm {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// " = Title = " is a document's title; " = = Section = = " is not.
bool is_title(std::string_view raw) {
  std::string line(raw);
  replace_all(line, "= = =", "===");
  replace_all(line, "= =", "==");
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos) return false;
  line = line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
  return line.starts_with("= ") && line.ends_with(" =");
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

SourceRows c3_rows(std::string_view bytes, const std::string& origin) {
  const Json all = parse_json(bytes, origin);
  const auto fail = [&](std::size_t at) {
    throw UserError(origin + ": entry " + std::to_string(at) +
                    " is not [[passage lines], [{question, choice, answer}], id]");
  };
  if (!all.is_array()) fail(0);
  SourceRows rows;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Json& entry = all[i];
    if (!entry.is_array() || entry.size() < 2 || !entry[0].is_array() || !entry[1].is_array())
      fail(i);
    for (const Json& question : entry[1]) {
      for (const char* key : {"question", "choice", "answer"})
        if (!question.is_object() || !question.contains(key)) fail(i);
      Json row = Json::object();
      row["id"] = entry.size() > 2 ? entry[2] : Json(static_cast<std::int64_t>(i));
      row["context"] = entry[0];
      for (const char* key : {"question", "choice", "answer"}) row[key] = question[key];
      rows.add(0, std::move(row));
    }
  }
  return rows;
}

SourceRows wikitext_rows(std::string_view bytes) {
  SourceRows rows;
  std::string page;
  int line = 1, begin = 1;
  const auto close = [&](bool last) {
    if (last || !is_blank(page)) rows.add(begin, Json{{"page", page}});
    page.clear();
    begin = line;
  };
  bool first = true;
  for (std::size_t at = 0; at <= bytes.size(); ++line) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const std::string_view text = bytes.substr(at, end - at);
    if (is_title(text)) {
      close(false);
      first = true;
    }
    if (!first) page += '\n';
    page += text;
    first = false;
    at = end + 1;
  }
  close(true);
  return rows;
}

}  // namespace flm
