// Sets that need a few lines each.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"
#include "tasks/scoring/known_metrics.h"

namespace flm {
namespace {

Json arithmetic(const Json& row) {
  std::string text = python_strip(text_of_row(row, "context"));
  for (const auto& [old, with] : std::vector<std::pair<std::string, std::string>>{
           {"\n\n", "\n"}, {"Q:", "Question:"}, {"A:", "Answer:"}})
    text = python_replace(text, old, with);
  return {{"context", text}, {"completion", row.at("completion")}};
}

/// Accepted answers in order, without those that another one begins.
PyList webqs_answers(const PyValue& doc) {
  std::vector<std::string> answers = texts_column(doc, "answers");
  if (answers.empty()) throw UserError("a question of WebQuestions has no answers");
  std::sort(answers.begin(), answers.end());
  PyList kept = {answers[0]};
  for (const std::string& answer : answers) {
    if (!answer.starts_with(kept.back().as_string())) kept.emplace_back(answer);
  }
  return kept;
}

PyValue webqs_gold(const PyValue& doc) {
  PyList all;
  for (std::size_t i = 0; i < webqs_answers(doc).size(); ++i) all.emplace_back(i);
  return all;
}

/// AGIEval: any of several answers may be right.
MetricValues agieval_choice(const PyValue& doc, const NativeResults& results) {
  const std::vector<std::string> choices = texts_column(doc, "choices");
  ChoiceAnswers answers;
  for (const RequestAnswer& answer : results.answers) answers.logprobs.push_back(answer.logprob);
  answers.choices = choices;
  for (const PyValue& gold : column(doc, "gold").items()) answers.gold.push_back(gold.as_int());
  if (answers.gold.empty()) answers.gold.push_back(-100);
  return {{"acc", choice_value("acc", answers)}, {"acc_norm", choice_value("acc_norm", answers)}};
}

/// Llama's ARC: questions with four choices, their labels made letters.
std::vector<Json> four_letter_arc(const std::vector<Json>& rows) {
  static const std::vector<std::string> letters = {"A", "B", "C", "D"};
  std::vector<Json> out;
  for (const Json& row : rows) {
    if (row.at("choices").at("label").size() != 4) continue;
    Json changed = row;
    changed["choices"]["label"] = letters;
    const std::string key = text_of_row(row, "answerKey");
    if (std::find(letters.begin(), letters.end(), key) == letters.end())
      changed["answerKey"] = letters.at(static_cast<std::size_t>(python_parse_int(key)) - 1);
    out.push_back(std::move(changed));
  }
  return out;
}

/// MMLU-SR: what its CSV files leave empty is an empty text.
Json mmlusr(const Json& row) {
  const auto text = [&](const char* name) {
    const Json& value = row.at(name);
    return value.is_null() ? std::string() : value.get<std::string>();
  };
  Json choices = Json::array();
  for (const char* name : {"choice1", "choice2", "choice3", "choice4"})
    choices.push_back(text(name));
  return {{"choices", std::move(choices)}, {"answer", python_strip(text("answer"))}};
}

}  // namespace

void add_small_sets(NativeFunctions& all) {
  for (const char* part : {"answer_only", "question_only", "question_and_answer"})
    all.process_docs["mmlusr/" + std::string(part) + "/utils.process_docs"] = mapped_rows(mmlusr);
  all.process_docs["arithmetic/utils.process_docs"] = mapped_rows(arithmetic);
  all.process_docs["llama3/instruct/arc_challenge/utils.process_docs"] = four_letter_arc;
  all.doc_values["webqs/utils.doc_to_choice"] = [](const PyValue& doc) {
    return PyValue(webqs_answers(doc));
  };
  all.doc_values["webqs/utils.doc_to_target"] = webqs_gold;
  all.process_results["agieval/utils.process_results_mcqa"] = agieval_choice;
}

}  // namespace flm
