// NorEval: Norwegian questions, each asked in several wordings, and idioms.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/squad_text.h"
#include "tasks/python/format.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// How the choices of a question are laid out in {choices}.
enum class Layout { kNone, kDashed, kLabelled };

struct NorwegianPrompt {
  const char *function, *text;
  Layout layout;
};

const std::vector<NorwegianPrompt>& quiz_prompts() {
  static const std::vector<NorwegianPrompt> all = {
      {"nno/utils.p0_nn", "Spørsmål: {question}\n\nSvar:", Layout::kNone},
      {"nno/utils.p1_nn",
       "{question}\n\nSvaralternativer:{choices}\n\nKva er rett svar?\n\nSvar:", Layout::kDashed},
      {"nno/utils.p2_nn",
       "{question}{choices}\n\nEr det rette svaret {enumerated_choices}?\n\nSvar:",
       Layout::kLabelled},
      {"nno/utils.p3_nn", "Spørsmål: {question}{choices}\n\nSvar:", Layout::kLabelled},
      {"nno/utils.p4_nn",
       "{question}\nVel rett svar blant desse alternativa:{choices}\n\nSvar:", Layout::kDashed},
      {"nob/utils.p0_nb", "Spørsmål: {question}\n\nSvar:", Layout::kNone},
      {"nob/utils.p1_nb",
       "{question}\n\nSvaralternativer:{choices}\n\nHva er riktig svar?\n\nSvar:", Layout::kDashed},
      {"nob/utils.p2_nb",
       "{question}{choices}\n\nEr det riktige svaret {enumerated_choices}?\n\nSvar:",
       Layout::kLabelled},
      {"nob/utils.p3_nb", "Spørsmål: {question}{choices}\n\nSvar:", Layout::kLabelled},
      {"nob/utils.p4_nb",
       "{question}\nVelg riktig svar blant disse alternativene:{choices}\n\nSvar:",
       Layout::kDashed}};
  return all;
}

const std::vector<NorwegianPrompt>& truthful_prompts() {
  static const std::vector<NorwegianPrompt> all = {
      {"nno/utils.p0_nn", "Spørsmål: {question}\n\nSvar:", Layout::kNone},
      {"nno/utils.p1_nn",
       "Spørsmål: {question}\n\nSvaralternativ:{choices}\n\nSvar:", Layout::kDashed},
      {"nno/utils.p2_nn",
       "Spørsmål: {question}\n\nKva av følgande alternativ er rett svar på spørsmålet?{choices}",
       Layout::kDashed},
      {"nno/utils.p3_nn",
       "Gitt følgande spørsmål, kva av dei moglege svara under er rett?\n"
       "Spørsmål: {question}\n{choices}",
       Layout::kDashed},
      {"nno/utils.p4_nn",
       "{question}\nVel eit av følgande moglege svar:{choices}\n\nSvar:", Layout::kDashed},
      {"nob/utils.p0_nb", "Spørsmål: {question}\n\nSvar:", Layout::kNone},
      {"nob/utils.p1_nb",
       "Spørsmål: {question}\n\nSvaralternativer:{choices}\n\nSvar:", Layout::kDashed},
      {"nob/utils.p2_nb",
       "Spørsmål: {question}\n\nHvilke av følgende alternativer er riktig svar på spørsmålet?"
       "{choices}",
       Layout::kDashed},
      {"nob/utils.p3_nb",
       "Gitt følgende spørsmål, hvilket av de mulige svarene under er riktig?\n"
       "Spørsmål: {question}\n{choices}",
       Layout::kDashed},
      {"nob/utils.p4_nb",
       "{question}\nVelg et av følgende mulige svar:{choices}\n\nSvar:", Layout::kDashed}};
  return all;
}

std::string dashed(const std::vector<std::string>& choices) {
  std::string out;
  for (const std::string& choice : choices) out += "\n- " + choice;
  return out;
}

std::string labelled(const std::vector<std::string>& labels,
                     const std::vector<std::string>& choices) {
  std::string out;
  for (std::size_t i = 0; i < std::min(labels.size(), choices.size()); ++i)
    out += "\n" + labels[i] + ": " + choices[i];
  return out;
}

/// "A, B, eller C"; of two "A eller B".
std::string enumerated(std::vector<std::string> labels) {
  if (labels.empty()) throw UserError("a question has no choices");
  const bool two = labels.size() == 2;
  const std::string last = labels.back();
  labels.pop_back();
  const std::string out = python_join(", ", labels) + ", eller " + last;
  return two ? python_replace(out, ", eller", " eller") : out;
}

/// `list` is the column with the choices, `texts` what it calls their texts.
PyValue norwegian_text(const PyValue& doc, const NorwegianPrompt& prompt, const char* list,
                       const char* texts) {
  PyArguments arguments;
  arguments.keywords.emplace_back("question", column(doc, "question"));
  if (prompt.layout != Layout::kNone) {
    const PyValue& choices = column(doc, list);
    const std::vector<std::string> all = texts_column(choices, texts);
    if (prompt.layout == Layout::kDashed) {
      arguments.keywords.emplace_back("choices", dashed(all));
    } else {
      const std::vector<std::string> labels = texts_column(choices, "label");
      arguments.keywords.emplace_back("choices", labelled(labels, all));
      arguments.keywords.emplace_back("enumerated_choices", enumerated(labels));
    }
  }
  return python_brace_format(prompt.text, arguments);
}

// NorQuAD: the first line of a passage is its title.

Json norquad_row(const Json& row) {
  const std::string text = python_strip(text_of_row(row, "context"));
  const std::size_t end = std::min(text.find('\n'), text.size());
  return {{"title", python_strip(text.substr(0, end))},
          {"passage", python_strip(text.substr(end))},
          {"question", python_join(" ", python_split(text_of_row(row, "question")))}};
}

const std::vector<std::string>& norquad_questions() {
  static const std::vector<std::string> all = {
      "Tekst: {passage}\n\nSpørsmål: {question}",
      "Tekst: {passage}\n\nGitt teksten over, hva er svaret på følgende spørsmål? \"{question}\"",
      "Tekst: {passage}\n\nSvar på følgende: {question}",
      "Tekst: {passage}\n\nHvordan kan man svare på spørsmålet \"{question}\", gitt teksten over?",
      "Tekst:{passage}\n\nGitt teksten over, besvar følgende spørsmål: \"{question}\""};
  return all;
}

void add_norquad(NativeFunctions& all) {
  all.process_docs["norquad/utils.process_docs"] = mapped_rows(norquad_row);
  for (std::size_t i = 0; i < norquad_questions().size(); ++i)
    all.doc_values["norquad/utils.p" + std::to_string(i)] = [i](const PyValue& doc) {
      PyArguments arguments;
      for (const char* name : {"title", "passage", "question"})
        arguments.keywords.emplace_back(name, column(doc, name));
      return PyValue(python_brace_format(
          "Tittel: {title}\n\n" + norquad_questions()[i] + "\n\nSvar:", arguments));
    };
}

// NorIdiom: how an idiom goes on.

std::string idiom_words(const std::string& text) {
  return python_strip(python_lower(without_punctuation(text)));
}

MetricValues idiom_scores(const PyValue& doc, const NativeResults& results) {
  const std::string given = idiom_words(results.filtered.str());
  const std::vector<std::string> accepted = texts_column(doc, "accepted_completions");
  if (accepted.empty()) throw UserError("an idiom has no accepted completion");
  double exact = 0, best = 0;
  for (const std::string& one : accepted) {
    const std::string gold = idiom_words(one);
    if (gold == given) exact = 1;
    best = std::max(best, words_f1(python_split(gold), python_split(given)));
  }
  return {{"em", {exact}}, {"fscore", {best}}};
}

void add_noridiom(NativeFunctions& all) {
  all.process_results["noridiom/utils.process_results"] = idiom_scores;
  for (const auto& [name, code] : std::map<std::string, std::string>{{"nb", "nob"}, {"nn", "nno"}})
    all.process_docs["noridiom/utils.filter_dataset_" + name] =
        kept_rows([code = code](const Json& row) { return row.at("language") == code; });
}

bool has_a_fact(const Json& row) {
  const Json& fact = row.at("fact");
  if (!fact.is_string() && !fact.is_structured())
    throw UserError("the column fact must be text: " + PyValue::from_json(fact).repr());
  return fact.is_string() ? fact != "" : !fact.empty();
}

}  // namespace

void add_norwegian(NativeFunctions& all) {
  for (const NorwegianPrompt& prompt : quiz_prompts())
    all.doc_values["nrk_quiz_qa/" + std::string(prompt.function)] = [&prompt](const PyValue& doc) {
      return norwegian_text(doc, prompt, "choices", "text");
    };
  for (const NorwegianPrompt& prompt : truthful_prompts())
    all.doc_values["nortruthfulqa/multiple_choice/" + std::string(prompt.function)] =
        [&prompt](const PyValue& doc) {
          return norwegian_text(doc, prompt, "mc1_targets", "choices");
        };
  add_norquad(all);
  add_noridiom(all);
  all.process_docs["noropenbookqa/utils.filter_dataset"] = kept_rows(has_a_fact);
  all.aggregations["noreval/norec/utils.multi_f1"] = "macro_f1";
}

}  // namespace flm
