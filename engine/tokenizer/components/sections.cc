#include "engine/tokenizer/components/sections.h"

#include "engine/tokenizer/json_values.h"

namespace flm {

Section Section::sub(std::size_t begin, std::size_t end) const {
  Section out;
  out.text.text = text.text.substr(begin, end - begin);
  out.text.origin.assign(text.origin.begin() + static_cast<std::ptrdiff_t>(begin),
                         text.origin.begin() + static_cast<std::ptrdiff_t>(end) + 1);
  out.first = first && (begin == 0 || out.text.origin.front() == 0);
  return out;
}

Section normalized_section(std::string_view text, std::size_t begin, std::size_t end,
                           const Normalizer& normalizer) {
  Section out{normalizer.apply(text.substr(begin, end - begin))};
  std::vector<std::size_t>& origin = out.text.origin;
  if (origin.empty())
    for (std::size_t i = 0; i <= out.text.text.size(); ++i) origin.push_back(i);
  for (std::size_t& offset : origin) offset += begin;
  out.first = begin == 0 && out.text.at_start;
  return out;
}

SectionCutter::SectionCutter(const Json& file, const std::string& origin) {
  std::vector<const Json*> cutting;  // those since the last Metaspace
  const auto flush = [&] {
    if (!cutting.empty()) stages_.emplace_back(PreTokenizer(cutting, origin));
    cutting.clear();
  };
  for (const Json* step : json_components(file, "pre_tokenizer", "pretokenizers", origin)) {
    if (json_string(*step, "type", origin) != "Metaspace") {
      cutting.push_back(step);
      continue;
    }
    flush();
    stages_.emplace_back(parse_metaspace(*step, origin));
  }
  flush();
}

std::vector<Section> SectionCutter::cut(Section section) const {
  std::vector<Section> words, next;
  words.push_back(std::move(section));
  for (const Stage& stage : stages_) {
    next.clear();
    for (const Section& word : words)
      std::visit([&](const auto& kind) { apply(kind, word, next); }, stage);
    words.swap(next);
  }
  return words;
}

void SectionCutter::apply(const PreTokenizer& stage, const Section& section,
                          std::vector<Section>& out) {
  for (const ByteSpan& word : stage.split(section.text.text))
    out.push_back(section.sub(word.begin, word.end));
}

void SectionCutter::apply(const MetaspaceRule& stage, const Section& section,
                          std::vector<Section>& out) {
  const std::string& text = section.text.text;
  const bool has_blank = text.starts_with(' ') || text.starts_with(stage.replacement);
  const bool wants_blank = stage.prepend == MetaspaceRule::Prepend::kAlways ||
                           (stage.prepend == MetaspaceRule::Prepend::kFirst && section.first);
  Rewriter rewriter(section.text);
  if (wants_blank && !has_blank) rewriter.put(stage.replacement, 0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ')
      rewriter.put(stage.replacement, i);
    else
      rewriter.keep(i, i + 1);
  }
  const Section written{rewriter.finish(), section.first};
  if (!stage.split) {
    out.push_back(written);
    return;
  }
  const std::string& whole = written.text.text;
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = std::min(whole.find(stage.replacement, begin + 1), whole.size());
    out.push_back(written.sub(begin, end));
    begin = end;
  }
}

}  // namespace flm
