// Questions whose prompt lists its choices by letter.
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/literal.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// "A. first\nB. second\n" of the first `most` choices.
std::string lettered(const std::vector<std::string>& choices, std::size_t most = 26) {
  std::string lines;
  if (choices.size() > kLetters.size()) throw UserError("a question has more than 26 choices");
  for (std::size_t i = 0; i < std::min(choices.size(), most); ++i)
    lines += kLetters[i] + std::string(". ") + choices[i] + "\n";
  return lines;
}

PyValue letters(const PyValue& doc) {
  PyList out;
  for (std::size_t i = 0; i < texts_column(doc, "options").size(); ++i)
    out.emplace_back(std::string(1, kLetters.at(i)));
  return out;
}

/// MMLU-Pro asks for steps; its own task takes ten choices at most.
template <std::size_t most>
PyValue mmlu_pro(const PyValue& doc) {
  std::vector<std::string> options = texts_column(doc, "options");
  for (std::string& option : options) option = python_strip(option);
  return "Question:\n" + text_column(doc, "question") + "\nOptions:\n" + lettered(options, most) +
         "Answer: Let's think step by step.";
}

PyValue mmlu_pro_shot_answer(const PyValue& doc) {
  return python_replace(text_column(doc, "cot_content"), "A: Let's think step by step. ", "");
}

PyValue leaderboard_mmlu_pro(const PyValue& doc) {
  return text_column(doc, "question") + "\n" + lettered(texts_column(doc, "options")) + "Answer:";
}

PyValue musr_choices(const PyValue& doc) {
  const std::optional<PyValue> list = python_literal(text_column(doc, "choices"));
  if (!list || !list->is_list()) throw UserError("MuSR's choices must be a list in Python's form");
  return *list;
}

PyValue musr(const PyValue& doc) {
  std::string choices;
  std::size_t number = 0;
  const PyValue list = musr_choices(doc);
  for (const PyValue& choice : list.items())
    choices += std::to_string(++number) + " - " + choice.str() + "\n";
  return text_column(doc, "narrative") + "\n\n" + text_column(doc, "question") + "\n\n" + choices +
         "\nAnswer:";
}

std::vector<std::string> first_four(std::vector<std::string> options) {
  if (options.size() > 4) options.resize(4);
  return options;
}

PyValue logiqa(const PyValue& doc) {
  return "Passage: " + text_column(doc, "context") + "\nQuestion: " + text_column(doc, "question") +
         "\nChoices:\n" + lettered(first_four(texts_column(doc, "options"))) + "Answer:";
}

PyValue logiqa_gold(const PyValue& doc) {
  return position({"a", "b", "c", "d"}, python_strip(text_column(doc, "label")));
}

PyValue logiqa2(const PyValue& doc) {
  return "Passage: " + text_column(doc, "text") + "\nQuestion: " + text_column(doc, "question") +
         "\n" + lettered(first_four(texts_column(doc, "options"))) + "Answer:";
}

std::vector<std::string> columns(const PyValue& doc, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(column(doc, name).str());
  return out;
}

PyValue medmcqa(const PyValue& doc) {
  return "Question: " + text_column(doc, "question") + "\nChoices:\n" +
         lettered(columns(doc, {"opa", "opb", "opc", "opd"})) + "Answer:";
}

PyValue medqa(const PyValue& doc) {
  return "Question: " + column(doc, "sent1").str() + "\n" +
         lettered(columns(doc, {"ending0", "ending1", "ending2", "ending3"})) + "Answer:";
}

PyValue pubmedqa(const PyValue& doc) {
  return "Abstract: " + python_join("\n", texts_column(doc, "CONTEXTS")) +
         "\nQuestion: " + column(doc, "QUESTION").str() + "\nAnswer:";
}

/// "a ) 12 , b ) 13 , ... e ) none": five choices in one text.
PyValue mathqa_choices(const PyValue& doc) {
  static const PythonRegex choice = PythonRegex::compile(R"([abcd] \) .*?, |e \) .*?$)");
  PyList out;
  for (const std::vector<std::string>& found : choice.findall(text_column(doc, "options")))
    out.emplace_back(python_rstrip(python_substring(found[0], 4), " ,"));
  return out;
}

/// TMMLU+ and TMLU: the columns A to D, E and F where they hold something.
Json choices_in_columns(const Json& row, bool six) {
  std::vector<std::string> labels = {"A", "B", "C", "D"};
  for (const char* more : {"E", "F"}) {
    const bool there = six && row.contains(more) && row[more].is_string() && row[more] != "";
    if (there) labels.emplace_back(more);
  }
  Json choices = Json::array();
  for (const std::string& label : labels) choices.push_back(row.at(label));
  Json out = Json::object();
  out["questions"] = row.at("question");
  out["choices"] = std::move(choices);
  out["goal"] = position(labels, text_of_row(row, "answer"));
  return out;
}

}  // namespace

void add_lettered_choices(NativeFunctions& all) {
  auto& values = all.doc_values;
  for (const char* name : {"doc_to_text", "fewshot_to_text"}) {
    values["mmlu_pro/utils." + std::string(name)] = mmlu_pro<10>;
    values["mmlu-pro-plus/utils." + std::string(name)] = mmlu_pro<16>;
  }
  values["mmlu_pro/utils.fewshot_to_target"] = mmlu_pro_shot_answer;
  values["mmlu-pro-plus/utils.fewshot_to_target"] = mmlu_pro_shot_answer;
  values["leaderboard/mmlu_pro/utils.doc_to_text"] = leaderboard_mmlu_pro;
  values["leaderboard/mmlu_pro/utils.doc_to_choice"] = letters;
  values["leaderboard/musr/utils.doc_to_text"] = musr;
  values["leaderboard/musr/utils.doc_to_choice"] = musr_choices;
  values["logiqa/utils_logiqa.doc_to_text"] = logiqa;
  values["logiqa/utils_logiqa.doc_to_target"] = logiqa_gold;
  values["logiqa2/utils_logiqa2.doc_to_text"] = logiqa2;
  values["medmcqa/utils_medmcqa.doc_to_text"] = medmcqa;
  values["medqa/preprocess_medqa.doc_to_text"] = medqa;
  values["medqa/preprocess_medqa.doc_to_target"] = [](const PyValue& doc) {
    return column(doc, "label");
  };
  values["pubmedqa/preprocess_pubmedqa.doc_to_text"] = pubmedqa;
  values["mathqa/utils.doc_to_choice"] = mathqa_choices;
  all.process_docs["tmmluplus/default/utils.process_docs"] =
      mapped_rows([](const Json& row) { return choices_in_columns(row, false); });
  all.process_docs["tmlu/default/utils.process_docs"] =
      mapped_rows([](const Json& row) { return choices_in_columns(row, true); });
}

}  // namespace flm
