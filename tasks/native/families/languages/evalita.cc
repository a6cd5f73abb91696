// Evalita-LLM: Italian sentiments, entities, relations, substitutes of words, and questions.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// Two texts that belong together: an entity and its type, or the ends of a relation.
using TextPair = std::pair<std::string, std::string>;

/// What the harness makes of an empty answer: the first two letters of "WRONG".
const TextPair kWrong = {"W", "R"};

/// {predicted labels..., gold labels...}, as many of one as of the other.
MetricValues label_lists(std::vector<double> predicted, const std::vector<double>& gold) {
  predicted.insert(predicted.end(), gold.begin(), gold.end());
  return {{"f1", std::move(predicted)}};
}

const PyList& list_in(const PyValue& doc, const char* name) {
  const PyValue& list = column(doc, name);
  if (!list.is_list()) throw UserError("the column " + std::string(name) + " must be a list");
  return list.items();
}

/// The number of each value of a column, nothing for another value.
DocFunction numbered_column(const std::string& name, const std::vector<std::string>& values) {
  return [=](const PyValue& doc) {
    const PyValue& value = column(doc, name);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (value == PyValue(values[i])) return PyValue(i);
    return PyValue();
  };
}

/// Positive, negative, neutral, mixed.
PyValue sentiment_number(const PyValue& doc) {
  const PyValue& positive = column(doc, "opos");
  const PyValue& negative = column(doc, "oneg");
  static const std::vector<TextPair> all = {{"1", "0"}, {"0", "1"}, {"0", "0"}, {"1", "1"}};
  for (std::size_t i = 0; i < all.size(); ++i)
    if (positive == PyValue(all[i].first) && negative == PyValue(all[i].second)) return PyValue(i);
  return PyValue();
}

// Entities: "Roma$LOC,Anna$PER".

std::vector<TextPair> gold_entities(const PyValue& doc) {
  std::vector<TextPair> out;
  for (const PyValue& entity : list_in(doc, "entities"))
    out.emplace_back(text_column(entity, "entity_text"), text_column(entity, "type"));
  return out;
}

PyValue entities_text(const PyValue& doc) {
  std::vector<std::string> parts;
  for (const auto& [text, type] : gold_entities(doc)) parts.push_back(text + "$" + type);
  return parts.empty() ? "&&NOENT&&" : python_join(",", parts);
}

std::vector<TextPair> answered_entities(const std::string& answer) {
  if (answer.find("&&NOENT&&") != std::string::npos) return {};
  if (answer.empty()) return {kWrong};
  std::vector<TextPair> out;
  for (const std::string& part : python_split(answer, ",", -1)) {
    const std::vector<std::string> pair = python_split(python_strip(part), "$", -1);
    if (pair[0].empty()) continue;
    out.emplace_back(pair[0], pair.size() < 2 ? "" : python_upper(pair[1]));
  }
  return out;
}

double entity_label(const std::string& type) {
  return static_cast<double>(position({"PER", "LOC", "ORG", "O"}, type));
}

/// A gold entity that is not found counts as "O"; where more are answered than there are, as PER,
/// and those beyond are wrong.
MetricValues entity_labels(const PyValue& doc, const NativeResults& results) {
  const std::vector<TextPair> gold = gold_entities(doc);
  const std::vector<TextPair> answered = answered_entities(results.filtered.str());
  const bool too_many = answered.size() > gold.size();
  std::vector<double> labels, predicted;
  for (const TextPair& entity : gold) {
    labels.push_back(entity_label(entity.second));
    const bool found = std::find(answered.begin(), answered.end(), entity) != answered.end();
    predicted.push_back(found ? labels.back() : too_many ? 0 : 3);
  }
  if (too_many) {
    labels.resize(answered.size(), 3);
    predicted.resize(answered.size(), 2);
  } else if (gold.empty()) {
    labels = predicted = {3};
  }
  return label_lists(predicted, labels);
}

// Relations: "measure$result%measure$result".

std::vector<TextPair> gold_relations(const PyValue& doc) {
  std::vector<TextPair> out;
  for (const PyValue& relation : list_in(doc, "relations")) {
    if (!relation.is_list() || relation.items().size() < 2 || !relation.items()[0].is_string() ||
        !relation.items()[1].is_string())
      throw UserError("a relation must be a list of two texts: " + relation.repr());
    out.emplace_back(relation.items()[0].as_string(), relation.items()[1].as_string());
  }
  return out;
}

PyValue relations_text(const PyValue& doc) {
  std::vector<std::string> parts;
  for (const auto& [from, to] : gold_relations(doc)) parts.push_back(from + "$" + to);
  return parts.empty() ? "&&NOENT&&" : python_join("%", parts);
}

std::vector<TextPair> answered_relations(const std::string& answer) {
  if (answer.empty()) return {kWrong};
  std::vector<TextPair> out;
  for (const std::string& part : python_split(answer, "%", -1)) {
    const std::vector<std::string> pair = python_split(part, "$", -1);
    out.emplace_back(python_strip(pair[0]), pair.size() < 2 ? "" : python_strip(pair[1]));
  }
  return out;
}

/// Every answer that is a gold relation is used up. Of answers beyond the number of gold ones, as
/// many from the front of the list count as wrong.
MetricValues relation_labels(const PyValue& doc, const NativeResults& results) {
  static const TextPair used = {"DELETED", "DELETED"};
  const std::vector<TextPair> gold = gold_relations(doc);
  const std::string answer = results.filtered.str();
  const bool none = answer.find("&&NOREL&&") != std::string::npos;
  if (gold.empty()) return label_lists({none ? 0.0 : 1.0}, {0});
  std::vector<double> labels(gold.size(), 1), predicted(gold.size(), 0);
  std::vector<TextPair> answered = none ? std::vector<TextPair>() : answered_relations(answer);
  for (std::size_t i = 0; i < gold.size(); ++i)
    for (TextPair& one : answered) {
      if (one != gold[i]) continue;
      predicted[i] = 1;
      one = used;
    }
  for (std::size_t i = 0; i + gold.size() < answered.size(); ++i) {
    if (answered[i] == used) continue;
    predicted.push_back(1);
    labels.push_back(0);
  }
  return label_lists(predicted, labels);
}

// Substitutes of a word: annotators named each some number of times.

PyValue substitutes_text(const PyValue& doc) {
  std::vector<std::string> words;
  for (const PyValue& answer : list_in(doc, "answers"))
    words.push_back(text_column(answer, "word"));
  return words.empty() ? "&&NOSYN&&" : python_join(", ", words);
}

/// The words of the answer's first line, ten at most; the last one keeps its letters alone.
std::vector<std::string> answered_words(const std::string& answer) {
  std::vector<std::string> out;
  for (const std::string& part : python_split(python_split(answer, "\n", -1)[0], ",", -1)) {
    if (part.empty()) continue;
    const bool quoted = part.front() == '"' && part.back() == '"';
    const std::string inner = quoted ? python_substring(part, 1, -1) : part;
    if (quoted && inner.empty()) continue;
    out.push_back(python_replace(python_strip(inner), "\"", ""));
  }
  if (out.size() > 10) out.resize(10);
  if (out.empty()) return out;
  std::string letters;
  for (const PyValue& c : PyValue(out.back()).iterate())
    if (python_isalpha(c.as_string())) letters += c.as_string();
  out.back() = letters;
  return out;
}

/// {share of the annotators' choices, answered, annotated}.
MetricValues substitute_score(const PyValue& doc, const NativeResults& results) {
  std::vector<std::string> words;
  std::vector<PyInt> counts;
  PyInt total = 0, hits = 0;
  for (const PyValue& answer : list_in(doc, "answers")) {
    const PyValue& count = column(answer, "count");
    if (!count.is_int() || count.as_big_int() != count.as_int())
      throw UserError("the count of an answer must be a whole number: " + count.repr());
    words.push_back(text_column(answer, "word"));
    counts.push_back(count.as_int());
    total += counts.back();
  }
  const std::vector<std::string> answered = answered_words(results.filtered.str());
  for (const std::string& word : answered) {
    if (std::find(words.begin(), words.end(), word) == words.end()) continue;
    hits += counts[position(words, python_strip(word))];
  }
  const double share = total != 0 ? static_cast<double>(hits) / static_cast<double>(total)
                                  : static_cast<double>(hits);
  return {{"f1", {share, answered.empty() ? 0.0 : 1.0, words.empty() ? 0.0 : 1.0}}};
}

}  // namespace

void add_evalita(NativeFunctions& all) {
  const std::string module = "evalita_llm/utils.", metrics = "evalita_llm/metrics.";
  all.doc_values[module + "sa_doc_to_target"] = sentiment_number;
  all.doc_values[module + "sa_doc_to_target_v2"] = sentiment_number;
  all.doc_values[module + "sa_doc_to_choice"] = [](const PyValue&) {
    return PyValue(PyList{"Positivo", "Negativo", "Neutrale", "Misto"});
  };
  all.doc_values[module + "faq_doc_to_target"] =
      numbered_column("correct_answer", {"A", "B", "C", "D"});
  all.doc_values[module + "ner_doc_to_target"] = entities_text;
  all.doc_values[module + "re_doc_to_target"] = relations_text;
  all.doc_values[module + "ls_doc_to_target"] = substitutes_text;
  all.process_results[module + "ner_process_results"] = entity_labels;
  all.process_results[module + "rel_process_results_v3"] = relation_labels;
  all.process_results[module + "ls_process_results"] = substitute_score;
  all.aggregations[metrics + "_aggreg_sa"] = "polarity_f1";
  all.aggregations[metrics + "_aggreg_ner"] = "entity_f1";
  all.aggregations[metrics + "_aggreg_rel"] = "listed_macro_f1";
  all.aggregations[metrics + "_aggreg_ls"] = "substitution_f1";
}

}  // namespace flm
