#include "reports/html/samples/sample_blocks.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/documents/json.h"
#include "base/numbers/cpython_random.h"
#include "base/parallel_loop.h"
#include "reports/html/escape.h"
#include "reports/html/payload.h"
#include "reports/html/samples/sample_lines.h"

namespace flm {
namespace {

constexpr std::size_t kBlock = 128 * 1024;  // smaller: more to inflate in a search; larger: memory
constexpr std::int64_t kSeed = 1234;

bool is_flip(const ListedSample& sample) {
  return std::string_view("lwfen").find(static_cast<char>(sample.state)) != std::string_view::npos;
}

/// Positions in a group, ascending.
using Chosen = std::vector<std::size_t>;

/// The flips, and `count` of the others.
Chosen chosen_of(const SampleGroup& group, std::size_t count) {
  Chosen out, others;
  for (std::size_t i = 0; i < group.samples.size(); ++i)
    (is_flip(group.samples[i]) ? out : others).push_back(i);
  if (count >= others.size()) {
    out = std::move(others);
    out.resize(group.samples.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
  }
  for (std::size_t i : PythonRandom(kSeed).sample(others.size(), count)) out.push_back(others[i]);
  std::sort(out.begin(), out.end());
  return out;
}

/// The lines of the chosen samples of a group, in their order; the others stay empty.
struct Lines {
  std::string header;
  std::vector<std::string> of;    // [samples of the group]
  std::vector<std::int64_t> doc;  // [samples of the group] document
};

Lines lines_of(const SampleGroup& group, const Chosen& chosen, bool prompts) {
  const std::vector<SampleText> texts = group.texts(chosen);
  const std::size_t samples = group.samples.size();
  Lines out{prompts ? common_header(texts) : "", std::vector<std::string>(samples),
            std::vector<std::int64_t>(samples)};
  parallel_loop(chosen.size(), [&](std::size_t i) {
    out.of[chosen[i]] = sample_line(texts[i], out.header, prompts);
    out.doc[chosen[i]] = texts[i].a.doc_id;
  });
  return out;
}

std::string script_tag(const std::string& id, const std::string& base64_text) {
  return "<script type=\"text/plain\" id=\"" + id + "\">" + base64_text + "</script>\n";
}

/// NaN as null; six significant digits are more than an item's value says.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::trunc(value) && std::fabs(value) < 1e9) return static_cast<std::int64_t>(value);
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr;
  double rounded = value;
  std::from_chars(text, end, rounded);
  return rounded;
}

class PagePayload {
 public:
  PagePayload(const std::vector<SampleGroup>& groups, const std::vector<Lines>& lines)
      : groups_(groups), lines_(lines) {}

  /// The script tags of what is chosen of each group.
  std::string scripts(const std::vector<Chosen>& chosen) const {
    Json columns = {{"groups", Json::array()}, {"doc", Json::array()},  {"state", ""},
                    {"a", Json::array()},      {"b", Json::array()},    {"ma", Json::array()},
                    {"mb", Json::array()},     {"start", Json::array()}};
    std::vector<std::string> blocks;
    std::string states;
    std::size_t sample = 0;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      add_group(columns, g, chosen[g]);
      for (std::size_t i : chosen[g]) {
        if (blocks.empty() || blocks.back().size() >= kBlock) {
          blocks.emplace_back();
          columns["start"].push_back(sample);
        }
        blocks.back() += lines_[g].of[i] + "\n";
        columns["doc"].push_back(lines_[g].doc[i]);
        add_sample(columns, states, groups_[g].samples[i]);
        ++sample;
      }
    }
    columns["state"] = states;
    return tags(compact_json(columns), blocks);
  }

 private:
  void add_group(Json& columns, std::size_t g, const Chosen& chosen) const {
    const SampleGroup& group = groups_[g];
    columns["groups"].push_back({{"name", valid_utf8(group.name)},
                                 {"metric", valid_utf8(group.metric)},
                                 {"letters", group.letters},
                                 {"up", group.higher_is_better},
                                 {"header", valid_utf8(lines_[g].header)},
                                 {"count", chosen.size()}});
  }

  static void add_sample(Json& columns, std::string& states, const ListedSample& sample) {
    states += static_cast<char>(sample.state);
    columns["a"].push_back(number(sample.value_a));
    columns["b"].push_back(number(sample.value_b));
    columns["ma"].push_back(number(sample.margin_a));
    columns["mb"].push_back(number(sample.margin_b));
  }

  /// The columns are deflated beside the blocks, the first: they are the longest piece.
  static std::string tags(std::string columns, std::vector<std::string>& blocks) {
    const auto packed = [](const std::string& id, std::string& text) {
      text = script_tag(id, base64(deflated(text)));
    };
    parallel_loop(blocks.size() + 1, [&](std::size_t i) {
      if (i == 0)
        packed("columns", columns);
      else
        packed("block-" + std::to_string(i - 1), blocks[i - 1]);
    });
    std::string out = std::move(columns);
    for (const std::string& block : blocks) out += block;
    return out;
  }

  const std::vector<SampleGroup>& groups_;
  const std::vector<Lines>& lines_;
};

std::string sentence(std::size_t shown, std::size_t total, const std::string& which,
                     const std::string& why) {
  return std::to_string(shown) + " of " + std::to_string(total) + " samples are in this page (" +
         which + ")" + why + ".";
}

std::string megabytes(std::size_t bytes) { return std::to_string(bytes / 1'000'000) + " MB"; }

std::size_t first_count(const HtmlOptions& options) {
  if (options.samples == HtmlSamples::kFlips) return 0;
  return options.samples == HtmlSamples::kCount ? options.count : SIZE_MAX;
}

std::vector<Chosen> choose(const std::vector<SampleGroup>& groups, std::size_t count) {
  std::vector<Chosen> out;
  for (const SampleGroup& group : groups) out.push_back(chosen_of(group, count));
  return out;
}

std::size_t total_of(const std::vector<Chosen>& chosen) {
  std::size_t out = 0;
  for (const Chosen& of_group : chosen) out += of_group.size();
  return out;
}

std::string which(std::size_t count) {
  const std::string flips = "flips, errors and flagged items";
  return count == 0 ? flips : flips + ", and " + std::to_string(count) + " others of each task";
}

}  // namespace

SampleBlocks sample_blocks(const std::vector<SampleGroup>& groups, const HtmlOptions& options,
                           std::size_t budget) {
  SampleBlocks out;
  out.total = total_of(choose(groups, SIZE_MAX));
  if (out.total == 0) return out;
  if (options.samples == HtmlSamples::kNone) {
    out.left_out = sentence(0, out.total, "--html-samples none", "");
    return out;
  }
  std::size_t count = first_count(options);
  std::vector<Chosen> chosen = choose(groups, count);
  std::vector<Lines> lines;
  for (std::size_t g = 0; g < groups.size(); ++g)
    lines.push_back(lines_of(groups[g], chosen[g], options.prompts));
  const PagePayload payload(groups, lines);
  out.scripts = payload.scripts(chosen);
  std::string why;
  while (options.samples == HtmlSamples::kFit && out.scripts.size() > budget && count > 0) {
    count = count == SIZE_MAX ? options.count : count / 2;
    chosen = choose(groups, count);
    out.scripts = payload.scripts(chosen);
    why = "; all of them would take it beyond " + megabytes(options.limit) +
          ": --html-samples all puts them in";
  }
  if (options.samples == HtmlSamples::kFit && out.scripts.size() > budget) {
    out.scripts.clear();
    chosen.assign(groups.size(), {});
  }
  out.shown = total_of(chosen);
  if (out.shown == 0) out.scripts.clear();
  if (out.shown < out.total) out.left_out = sentence(out.shown, out.total, which(count), why);
  return out;
}

}  // namespace flm
