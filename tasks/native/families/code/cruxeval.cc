// CRUXEval: what a function gives for an input, or an input for which it gives something. The
// answer becomes an assertion behind the function.
#include "tasks/native/code_metrics.h"
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

bool has_part(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string before_first(const std::string& text, const std::string& mark) {
  return text.substr(0, text.find(mark));
}

/// What stands between the first mark and the next one.
std::string after_first(const std::string& text, const std::string& mark) {
  return python_split(text, mark, -1).at(1);
}

/// Of an answer that was thought about first, the part in tags.
std::string tagged_answer(const std::string& response) {
  if (!has_part(response, "[ANSWER]")) return response;
  const std::string answer = python_strip(after_first(response, "[ANSWER]"));
  return has_part(answer, "[/ANSWER]") ? python_strip(before_first(answer, "[/ANSWER]")) : answer;
}

/// The first line without a comment.
std::string bare_line(const std::string& text) {
  return python_strip(before_first(before_first(text, "\n"), "#"));
}

std::string asserted_output(const std::string& answer, const PyValue& doc) {
  const std::string said =
      python_strip(has_part(answer, "==") ? after_first(answer, "==") : answer);
  const std::string output = bare_line(python_strip(said, "\"'"));
  return column(doc, "code").str() + "\nassert f(" + column(doc, "input").str() + ")==" + output;
}

/// What the parentheses after "assert f(" hold, up to the one that closes them.
std::string in_parentheses(const std::string& answer, std::size_t begin) {
  int open = 1;
  for (std::size_t i = begin; i < answer.size(); ++i) {
    if (answer[i] == '(') ++open;
    if (answer[i] == ')' && --open == 0) return python_strip(answer.substr(begin, i - begin));
  }
  return python_strip(before_first(answer.substr(begin), ")"));
}

std::string without_assert(const std::string& text) {
  return python_strip(python_strip(python_replace(text, "assert f", ""), "()"));
}

std::string said_input(const std::string& answer) {
  static const std::string call = "assert f(";
  const std::size_t at = answer.find(call);
  if (at != std::string::npos) return in_parentheses(answer, at + call.size());
  if (has_part(answer, "==")) return without_assert(before_first(answer, "=="));
  if (has_part(answer, "assert f")) return without_assert(answer);
  const std::string text = python_strip(answer);
  const bool is_call = text.starts_with("f(") && text.ends_with(")");
  return is_call ? text.substr(2, text.size() - 3) : text;
}

std::string asserted_input(const std::string& answer, const PyValue& doc) {
  return column(doc, "code").str() + "\nassert f(" + bare_line(said_input(answer)) +
         ")==" + column(doc, "output").str();
}

std::string asserted_output_thought(const std::string& response, const PyValue& doc) {
  return asserted_output(tagged_answer(response), doc);
}

std::string asserted_input_thought(const std::string& response, const PyValue& doc) {
  return asserted_input(tagged_answer(response), doc);
}

PyValue cruxeval_shot(const char* code, const char* input, const char* output) {
  PyDict shot;
  shot.set(PyValue("code"), PyValue(code));
  shot.set(PyValue("input"), PyValue(input));
  shot.set(PyValue("output"), PyValue(output));
  shot.set(PyValue("is_fewshot"), PyValue(true));
  return PyValue(std::move(shot));
}

PyList output_shots() {
  return {cruxeval_shot("def f(n):\n    return n", "17", "17"),
          cruxeval_shot("def f(s):\n    return s + \"a\"", "x9j", "x9ja")};
}

PyList input_shots() {
  return {cruxeval_shot("def f(my_list):\n    count = 0\n    for i in my_list:\n"
                        "        if len(i) % 2 == 0:\n            count += 1\n    return count",
                        R"(["mq", "px", "zy"])", "3"),
          cruxeval_shot("def f(s1, s2):\n    return s1 + s2", R"("ba", "nana")", "banana")};
}

}  // namespace

void add_cruxeval(NativeFunctions& all) {
  const std::string module = "cruxeval/utils.";
  all.metrics[module + "pass_at_k"] = pass_at_k_of_self_tests();
  all.filters[module + "build_predictions_output"] = program_of_each(asserted_output);
  all.filters[module + "build_predictions_output_cot"] = program_of_each(asserted_output_thought);
  all.filters[module + "build_predictions_input"] = program_of_each(asserted_input);
  all.filters[module + "build_predictions_input_cot"] = program_of_each(asserted_input_thought);
  all.samples[module + "list_fewshot_samples_output"] = output_shots;
  all.samples[module + "list_fewshot_samples_input"] = input_shots;
}

}  // namespace flm
