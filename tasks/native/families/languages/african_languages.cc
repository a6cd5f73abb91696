// Benchmarks of African languages: AfroBench, AfriMMLU and AfriXNLI.
#include <map>
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/format.h"
#include "tasks/python/literal.h"

namespace flm {
namespace {

/// The text of an AfriMMLU prompt: {subject}, {question}, {choice1} to {choice4}.
struct Wording {
  std::vector<std::string> folders;  // that have it
  const char* text;
};

const std::vector<Wording>& afrimmlu_wordings() {
  static const std::vector<Wording> all = {
      {{"direct/prompt_1", "translate/prompt_1"},
       R"(You are a highly knowledgeable and intelligent artificial intelligence
                model answers multiple-choice questions about {subject}

                Question: {question}

                Choices:
                        A: {choice1}
                        B: {choice2}
                        C: {choice3}
                        D: {choice4}

                Answer:  )"},
      {{"direct/prompt_2", "translate/prompt_2"},
       R"(As an expert in {subject}, choose the most accurate answer to the question below.
Your goal is to select the correct option 'A', 'B', 'C', or 'D' by understanding the nuances of the topic.

Question: {question}
Choices:
        A: {choice1}
        B: {choice2}
        C: {choice3}
        D: {choice4}
Answer: )"},
      {{"direct/prompt_3"},
       R"(You are a subject matter expert in {subject}.

  Utilizing your expertise in {subject}, answer the following multiple-choice question
  by picking 'A', 'B', 'C', or 'D'.

Question: {question}
Choices:
        A: {choice1}
        B: {choice2}
        C: {choice3}
        D: {choice4}
Answer: )"},
      {{"direct/prompt_4", "translate/prompt_4"},
       R"(Analyze each question critically and determine the most correct option based on your understanding of the subject matter

Question: {question}
Choices:
        A: {choice1}
        B: {choice2}
        C: {choice3}
        D: {choice4}
Answer: )"},
      {{"direct/prompt_5"},
       R"(Given your proficiency in {subject}, please answer the subsequent multiple-choice question with 'A', 'B', 'C', or 'D'.

Question: {question}
Choices:
        A: {choice1}
        B: {choice2}
        C: {choice3}
        D: {choice4}
Answer: )"},
      {{"translate/prompt_3"},
       R"(You are a subject matter expert in {subject}.

  Utilizing your expertise in {subject}, answer the following multiple-choice question
  by picking ''A'', ''B'', ''C'', or ''D''.

Question: {question}
Choices:
        A: {choice1}
        B: {choice2}
        C: {choice3}
        D: {choice4}
Answer: )"},
      {{"translate/prompt_5"},
       R"(Given your proficiency in {subject}, please answer the subsequent multiple-choice question with 'A', 'B', 'C', or 'D'.
Question: {question}
Choices:
        A: {choice1}
        B: {choice2}
        C: {choice3}
        D: {choice4}
Answer: )"},
  };
  return all;
}

PyValue afrimmlu_choices(const PyValue& doc) {
  const std::optional<PyValue> list = python_literal(text_column(doc, "choices"));
  if (!list || !list->is_list() || list->items().size() < 4)
    throw UserError("the column choices must be a list of four in Python's form: " +
                    text_column(doc, "choices"));
  return *list;
}

std::string afrimmlu_text(const PyValue& doc, const char* text) {
  PyArguments arguments;
  for (const char* name : {"subject", "question"})
    arguments.keywords.emplace_back(name, column(doc, name));
  const PyValue choices = afrimmlu_choices(doc);
  for (std::size_t i = 0; i < 4; ++i)
    arguments.keywords.emplace_back("choice" + std::to_string(i + 1), choices.items()[i]);
  return python_brace_format(text, arguments);
}

const char* const kAsked =
    R"(Please identify whether the premise entails or contradicts the hypothesis in the following premise
    and hypothesis. The answer should be exact entailment, contradiction, or neutral.

    Premise: {premise}
    Hypothesis: {hypothesis}

    Is it entailment, contradiction, or neutral?)";

const char* const kAskedAsAssistant =
    R"(You are an NLP assistant whose purpose is to solve Natural Language Inference (NLI) problems

    Please identify whether the premise entails or contradicts the hypothesis in the following premise
    and hypothesis. The answer should be exact entailment, contradiction, or neutral.

    Premise: {premise}
    Hypothesis: {hypothesis}

    Is it entailment, contradiction, or neutral?)";

/// A prompt of AfriXNLI: its text where a function has it, and what the labels 0, 1, 2 are called.
struct Inference {
  const char *folder, *text;
  std::vector<std::string> labels;
};

const std::vector<Inference>& afrixnli_prompts() {
  static const std::vector<Inference> all = {
      {"anli prompt/en-direct", "", {"True", "Neither", "False"}},
      {"anli prompt/native-direct", "", {}},
      {"anli prompt/translate", "", {"True", "Neither", "False"}},
      {"direct/prompt_1", kAsked, {"entailment", "neutral", "contradiction"}},
      {"direct/prompt_2", "", {"True", "Neither", "False"}},
      {"direct/prompt_3", "", {"entailment", "neutral", "contradiction"}},
      {"direct/prompt_4", kAsked, {"entailment", "neutral", "contradiction"}},
      {"direct/prompt_5", "", {"true", "false", "inconclusive"}},
      {"lai prompt/direct", kAsked, {"entailment", "neutral", "contradiction"}},
      {"lai prompt/translate", kAsked, {"entailment", "neutral", "contradiction"}},
      {"translate/prompt_1", kAsked, {"entailment", "neutral", "contradiction"}},
      {"translate/prompt_2", "", {"True", "Neither", "False"}},
      {"translate/prompt_3", kAskedAsAssistant, {"entailment", "neutral", "contradiction"}},
      {"translate/prompt_4", kAsked, {"entailment", "neutral", "contradiction"}},
      {"translate/prompt_5", "", {"true", "false", "inconclusive"}}};
  return all;
}

std::string inference_text(const PyValue& doc, const char* text) {
  PyArguments arguments;
  for (const char* name : {"premise", "hypothesis"})
    arguments.keywords.emplace_back(name, column(doc, name));
  return python_brace_format(text, arguments);
}

PyValue label_name(const PyValue& doc, const std::vector<std::string>& labels) {
  const PyValue& label = column(doc, "label");
  if (!label.is_int() || label.as_int() < 0 || label.as_int() >= static_cast<PyInt>(labels.size()))
    throw UserError("the column label must be a number below " + std::to_string(labels.size()) +
                    ": " + label.repr());
  return labels[static_cast<std::size_t>(label.as_int())];
}

/// MAFAND: a sentence in an African language and its translation, English or French.
struct Translation {
  std::string code, sentence, other_language, other_sentence;
};

std::string language_name(const std::string& code) {
  static const std::map<std::string, std::string> names = {{"amh", "Amharic"},
                                                           {"bam", "Bambara"},
                                                           {"bbj", "Gbomala"},
                                                           {"ewe", "Ewe"},
                                                           {"fon", "Fon"},
                                                           {"hau", "Hausa"},
                                                           {"ibo", "Igbo"},
                                                           {"kin", "Kinyarwanda"},
                                                           {"lug", "Luganda"},
                                                           {"luo", "Luo"},
                                                           {"mos", "Mossi"},
                                                           {"nya", "Chichewa"},
                                                           {"pcm", "Nigerian Pidgin"},
                                                           {"sna", "Shona"},
                                                           {"swa", "Swahili"},
                                                           {"tsn", "Setswana"},
                                                           {"twi", "Twi"},
                                                           {"wol", "Wolof"},
                                                           {"xho", "Xhosa"},
                                                           {"yor", "Yoruba"},
                                                           {"zul", "Zulu"}};
  const auto found = names.find(code);
  if (found == names.end()) throw UserError("a language that MAFAND does not have: " + code);
  return found->second;
}

Translation translation_of(const PyValue& doc) {
  const PyValue& both = column(doc, "translation");
  if (!both.is_dict()) throw UserError("the column translation must be {LANGUAGE: TEXT}");
  const bool english = both.dict().find(PyValue("en")) != nullptr;
  Translation out;
  out.other_language = english ? "English" : "French";
  out.other_sentence = column(both, english ? "en" : "fr").str();
  for (const auto& [key, value] : both.dict()) {
    if (key.str() == "en" || key.str() == "fr") continue;
    out.code = key.str();
    out.sentence = value.str();
    return out;
  }
  throw UserError("the column translation has no African language: " + both.repr());
}

const std::string kTranslator =
    "You are an advanced Translator, a specialized assistant designed to translate documents from ";
const std::string kMainGoal =
    ". \nYour main goal is to ensure translations are grammatically correct and human-oriented. \n";

PyValue into_english(const PyValue& doc, int prompt) {
  const Translation t = translation_of(doc);
  const std::string from = language_name(t.code), to = t.other_language;
  if (prompt == 1)
    return kTranslator + from + " into " + to + kMainGoal + from + ": " + t.sentence + " \n" + to +
           ": ";
  return "You are a translation expert. Translate the following " + from + " sentences to " + to +
         ". \n" + from + " sentence: " + t.sentence + "\n" + to + " sentence: ";
}

PyValue into_african(const PyValue& doc, int prompt) {
  const Translation t = translation_of(doc);
  const std::string from = t.other_language, to = language_name(t.code);
  if (prompt == 1)
    return kTranslator + from + " into " + to + kMainGoal + from + ": " + t.other_sentence + " \n" +
           to + ": ";
  return "You are a translation expert. Translate the following " + from + " sentence into " + to +
         "\n" + from + " sentence: " + t.other_sentence + "\n" + to + " sentence: ";
}

/// Prompt 2 gives a tuple in Python, which the harness itself cannot make a prompt of.
void add_mafand(NativeFunctions& all) {
  for (int prompt : {1, 3}) {
    const std::string number = std::to_string(prompt);
    const std::string module = "mafand/prompt_" + number + "/*/utils.";
    all.doc_values[module + "get_target"] = [](const PyValue& doc) {
      return PyValue(translation_of(doc).other_sentence);
    };
    all.doc_values[module + "get_target_reverse"] = [](const PyValue& doc) {
      return PyValue(translation_of(doc).sentence);
    };
    all.doc_values[module + "create_text_prompt_" + number] = [prompt](const PyValue& doc) {
      return into_english(doc, prompt);
    };
    all.doc_values[module + "create_reverse_prompt_" + number] = [prompt](const PyValue& doc) {
      return into_african(doc, prompt);
    };
  }
}

void add_afrixnli(NativeFunctions& all) {
  for (const Inference& one : afrixnli_prompts()) {
    const std::string module = "afrixnli/" + std::string(one.folder) + "/utils.";
    if (*one.text != 0)
      all.doc_values[module + "doc_to_text"] = [text = one.text](const PyValue& doc) {
        return PyValue(inference_text(doc, text));
      };
    if (!one.labels.empty())
      all.doc_values[module + "doc_to_target"] = [labels = one.labels](const PyValue& doc) {
        return label_name(doc, labels);
      };
    all.aggregations[module + "weighted_f1_score"] = "weighted_f1";
  }
}

}  // namespace

void add_african_languages(NativeFunctions& all) {
  for (const Wording& words : afrimmlu_wordings())
    for (const std::string& folder : words.folders) {
      const std::string module = "afrimmlu/" + folder + "/utils.";
      all.doc_values[module + "doc_to_text"] = [text = words.text](const PyValue& doc) {
        return PyValue(afrimmlu_text(doc, text));
      };
      all.doc_values[module + "doc_to_choice"] = afrimmlu_choices;
      all.aggregations[module + "weighted_f1_score"] = "weighted_f1";
    }
  add_afrixnli(all);
  add_mafand(all);
  for (const char* set :
       {"afrisenti", "injongointent", "masakhanews", "nollysenti", "sib", "uhura-arc-easy"})
    all.aggregations["afrobench/" + std::string(set) + "/*/utils.weighted_f1_score"] =
        "weighted_f1";
}

}  // namespace flm
