// The few HTML elements that pages are made of. Arguments named `html` are HTML already, all others
// are text and get escaped.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace flm {

/// <tag class="kind">html</tag>
std::string element(const std::string& tag, const std::string& html, const std::string& kind = "");

std::string section(const std::string& id, const std::string& title, const std::string& html);

enum class Tone { kPlain, kGood, kWarn };
struct Badge {
  Tone tone = Tone::kPlain;
  std::string text;
};
/// A sign beside the colour: ✓ good, ! warn.
std::string badges(const std::vector<Badge>& list);

std::string notice(const std::string& text);

/// Names and values; a value in code's type where `code`.
std::string fact_list(const std::vector<std::pair<std::string, std::string>>& facts,
                      bool code = false);

/// A link to the samples of a task, or its bare text where the page has none.
std::string sample_link(const std::string& task, const std::string& text, bool linked);

/// A name that may be broken after its underscores and slashes.
std::string breakable(const std::string& name);

/// id and title of the sections that are there.
std::string contents(const std::vector<std::pair<std::string, std::string>>& sections);

struct Column {
  std::string name;
  bool number = false;  // stands right
};
using Columns = std::vector<Column>;
/// A table whose rows a narrow screen shows as cards, one below the other (page.css). `bodies`:
/// <tbody> of card_row() and others.
std::string card_table(const Columns& columns, const std::string& bodies,
                       const std::string& kind = "");
/// Cells in the order of the columns; each says its column's name where it stands in a card.
std::string card_row(const Columns& columns, const std::vector<std::string>& cells,
                     const std::string& kind = "");

/// Table cells: a number right-aligned, a name of a row indented by its depth.
std::string number_cell(const std::string& text);
std::string name_cell(const std::string& html, int depth);

/// The list of samples, empty: page.js fills it. `left_out`: what is not in the page, "" = nothing.
std::string samples_section(bool any, const std::string& left_out);

}  // namespace flm
