// Reading comprehension: RACE, CoQA, DROP.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/documents/json.h"
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/squad_text.h"
#include "tasks/python/literal.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

PyList race_problems(const PyValue& doc) {
  const std::optional<PyValue> problems = python_literal(text_column(doc, "problems"));
  if (!problems || !problems->is_list() || problems->items().empty())
    throw UserError("RACE's problems must be a list of dicts in Python's form");
  return problems->items();
}

std::size_t race_gold(const PyValue& problem) {
  return position({"A", "B", "C", "D"}, text_column(problem, "answer"));
}

/// The article, its earlier questions with their answers, the last question.
PyValue race_text(const PyValue& doc) {
  const PyList problems = race_problems(doc);
  std::string text = "Article: " + text_column(doc, "article") + "\n\n";
  for (std::size_t i = 0; i + 1 < problems.size(); ++i) {
    const std::string& question = text_column(problems[i], "question");
    const std::string answer = texts_column(problems[i], "options").at(race_gold(problems[i]));
    const bool cloze = question.ends_with("  _  .");
    text += cloze ? question.substr(0, question.size() - 5) + answer + "\n"
                  : "Question: " + question + "\nAnswer: " + answer + "\n";
  }
  return text + text_column(problems.back(), "question");
}

PyValue race_choices(const PyValue& doc) {
  const std::vector<std::string> options = texts_column(race_problems(doc).back(), "options");
  PyList out;
  for (std::size_t i = 0; i < 4; ++i) out.emplace_back(options.at(i));
  return out;
}

/// questions.input_text and answers.input_text of a conversation.
std::vector<std::string> turns(const PyValue& doc, const std::string& side) {
  return texts_column(column(doc, side), "input_text");
}

PyValue coqa_text(const PyValue& doc) {
  const std::vector<std::string> questions = turns(doc, "questions"),
                                 answers = turns(doc, "answers");
  const std::size_t known = answers.empty() ? 0 : answers.size() - 1;
  std::string text = text_column(doc, "story") + "\n\n";
  for (std::size_t i = 0; i < std::max(questions.size(), known); ++i) {
    text += "Q: " + (i < questions.size() ? questions[i] : "None") + "\n\n";
    text += i < known ? "A: " + answers[i] + "\n\n" : "A:";
  }
  return text;
}

/// The answer of the last turn, and others' answers that differ in more than case.
std::vector<std::string> turn_answers(const PyValue& doc, std::size_t turns_asked) {
  if (turns_asked == 0) throw UserError("a conversation of CoQA has no questions");
  const std::size_t turn = turns_asked - 1;
  std::vector<std::string> answers = {turns(doc, "answers").at(turn)};
  const PyValue* more = doc.dict().find("additional_answers");
  if (!more || !more->is_dict()) return answers;
  for (const auto& [name, others] : more->dict()) {
    const std::string other = texts_column(others, "input_text").at(turn);
    const bool known = std::any_of(answers.begin(), answers.end(), [&](const std::string& answer) {
      return python_lower(answer) == python_lower(other);
    });
    if (!known) answers.push_back(other);
  }
  return answers;
}

std::vector<std::string> coqa_answers(const PyValue& doc) {
  return turn_answers(doc, turns(doc, "questions").size());
}

/// Each gold answer is left out in turn, as for the human figures; the best of the others counts.
MetricValues turn_scores(const std::vector<std::string>& golds, const NativeResults& results) {
  const std::string answer = python_split(python_strip(results.filtered.str()), "\n", -1)[0];
  double exact = 0, f1 = 0;
  for (std::size_t left_out = 0; left_out < golds.size(); ++left_out) {
    double best_exact = 0, best_f1 = 0;
    for (std::size_t i = 0; i < golds.size(); ++i) {
      if (i == left_out && golds.size() > 1) continue;
      best_exact = std::max(best_exact, squad_exact(golds[i], answer));
      best_f1 = std::max(best_f1, squad_f1(golds[i], answer));
    }
    exact += best_exact;
    f1 += best_f1;
  }
  const auto n = static_cast<double>(golds.size());
  return {{"em", {exact / n}}, {"f1", {f1 / n}}};
}

MetricValues coqa_scores(const PyValue& doc, const NativeResults& results) {
  return turn_scores(coqa_answers(doc), results);
}

/// CoQCat's questions are a plain list.
MetricValues coqcat_scores(const PyValue& doc, const NativeResults& results) {
  const PyValue& questions = column(doc, "questions");
  return turn_scores(turn_answers(doc, questions.length()), results);
}

bool is_number(const std::string& text) {
  try {
    python_parse_float(text);
    return true;
  } catch (const PyError&) {
    return false;
  }
}

std::string drop_token(const std::string& token) {
  static const PythonRegex articles = PythonRegex::compile(R"(\b(a|an|the)\b)");
  std::string text = python_lower(token);
  if (!is_number(text)) text = without_punctuation(text);
  if (is_number(text)) text = python_float_repr(python_parse_float(text));
  return python_join(" ", python_split(articles.sub(" ", text)));
}

std::string drop_normalised(const std::string& text) {
  std::vector<std::string> kept;
  for (const std::string& token : python_split(python_replace(text, "-", " "), " ", -1)) {
    std::string one = drop_token(token);
    if (!one.empty()) kept.push_back(std::move(one));
  }
  return python_strip(python_join(" ", kept));
}

using Bag = std::set<std::string>;

Bag bag_of(const std::string& normalised) {
  const std::vector<std::string> words = python_split(normalised);
  return Bag(words.begin(), words.end());
}

std::size_t in_both(const Bag& a, const Bag& b) {
  return static_cast<std::size_t>(std::count_if(
      a.begin(), a.end(), [&](const std::string& word) { return b.count(word) > 0; }));
}

/// F1 of two bags; 0 where the gold one has numbers and the other none of them.
double bag_f1(const Bag& gold, const Bag& predicted) {
  Bag numbers;
  std::copy_if(gold.begin(), gold.end(), std::inserter(numbers, numbers.end()), is_number);
  if (!numbers.empty() && in_both(numbers, predicted) == 0) return 0;
  const auto same = static_cast<double>(in_both(gold, predicted));
  const double precision = predicted.empty() ? 1 : same / static_cast<double>(predicted.size());
  const double recall = gold.empty() ? 1 : same / static_cast<double>(gold.size());
  return precision == 0 && recall == 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/// One prediction against the spans of one gold answer: it can stand for one of them only.
MetricValues drop_against(const std::vector<std::string>& spans, const std::string& answer) {
  double best = 0;
  for (const std::string& span : spans)
    best = std::max(best, bag_f1(bag_of(drop_normalised(span)), bag_of(answer)));
  const double mean = best / static_cast<double>(std::max<std::size_t>(spans.size(), 1));
  const bool exact = spans.size() == 1 && drop_normalised(spans[0]) == answer;
  return {{"em", {exact ? 1.0 : 0.0}}, {"f1", {std::nearbyint(mean * 100) / 100}}};
}

MetricValues drop_scores(const PyValue& doc, const NativeResults& results) {
  const std::string answer = drop_normalised(results.filtered.str());
  MetricValues best = {{"em", {0}}, {"f1", {0}}};
  for (const PyValue& gold : column(doc, "answers").items()) {
    std::vector<std::string> spans;
    for (const PyValue& span : gold.items()) spans.push_back(span.str());
    if (spans.empty()) throw UserError("a gold answer of DROP is empty");
    if (python_strip(spans[0]).empty()) continue;
    const MetricValues one = drop_against(spans, answer);
    for (std::size_t i = 0; i < best.size(); ++i)
      best[i].second[0] = std::max(best[i].second[0], one[i].second[0]);
  }
  return best;
}

/// A number, spans, or a date, as a list of texts.
Json drop_answer(const Json& number, const Json& date, const Json& spans) {
  if (number != "") return Json::array({number.is_string() ? number : Json(number.dump())});
  if (!spans.empty()) return spans;
  const std::string day = date.at("day").get<std::string>(),
                    month = date.at("month").get<std::string>(),
                    year = date.at("year").get<std::string>();
  return Json::array({python_strip(day + " " + month + " " + year)});
}

Json drop_row(const Json& row) {
  const Json& answer = row.at("answer");
  const Json& others = row.at("validated_answers");
  Json answers =
      Json::array({drop_answer(answer.at("number"), answer.at("date"), answer.at("spans"))});
  for (std::size_t i = 0; i < others.at("number").size(); ++i) {
    const Json one =
        drop_answer(others["number"][i], others.at("date").at(i), others.at("spans").at(i));
    if (std::find(answers.begin(), answers.end(), one) == answers.end()) answers.push_back(one);
  }
  Json out = Json::object();
  out["id"] = row.at("query_id");
  out["passage"] = row.at("passage");
  out["question"] = row.at("question");
  out["answers"] = std::move(answers);
  return out;
}

}  // namespace

void add_reading(NativeFunctions& all) {
  auto& values = all.doc_values;
  values["race/preprocess_race.doc_to_text"] = race_text;
  values["race/preprocess_race.doc_to_choice"] = race_choices;
  values["race/preprocess_race.doc_to_target"] = [](const PyValue& doc) {
    return PyValue(race_gold(race_problems(doc).back()));
  };
  values["coqa/utils.doc_to_text"] = coqa_text;
  values["coqa/utils.doc_to_target"] = [](const PyValue& doc) {
    const std::vector<std::string> answers = coqa_answers(doc);
    return PyValue(PyList(answers.begin(), answers.end()));
  };
  all.process_results["coqa/utils.process_results"] = coqa_scores;
  all.process_results["catalan_bench/utils.process_results_coqcat"] = coqcat_scores;
  all.process_docs["drop/utils.process_docs"] = mapped_rows(drop_row);
  all.process_results["drop/utils.process_results"] = drop_scores;
}

}  // namespace flm
