// LongProc's Countdown: three equations that make a target of four numbers, and the search for
// them. The harness calls Python's eval on an equation's left side and stops at what eval cannot
// read; here such an equation is wrong.
#include <algorithm>
#include <optional>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/procedures.h"
#include "tasks/native/whole_numbers.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

struct Equation {
  PyInt left, right, result;
};

/// A number as Python's source has it: no zero before other digits.
std::optional<PyInt> literal_number(const std::string& text) {
  constexpr std::size_t kMostDigits = 18;  // of a number that a row may hold
  static const PythonRegex literal =
      PythonRegex::compile(R"([ \t\f]*-?(0(_?0)*|[1-9](_?[0-9])*)[ \t\f]*)");
  if (!literal.fullmatch(text) || text.size() > kMostDigits) return std::nullopt;
  return python_parse_int(text);
}

/// "12 + 5 = 17" where it is right.
std::optional<Equation> right_equation(const std::string& line) {
  const std::vector<std::string> sides = python_split(python_strip(line), "=", -1);
  if (sides.size() != 2) return std::nullopt;
  std::string sign;
  for (const char* one : {"+", "-", "*", "/"})
    if (sign.empty() && sides[0].find(one) != std::string::npos) sign = one;
  if (sign.empty()) return std::nullopt;
  const std::vector<std::string> parts = python_split(sides[0], sign, -1);
  if (parts.size() != 2) return std::nullopt;
  const auto a = literal_number(parts[0]), b = literal_number(parts[1]);
  const auto result = whole_number_text(sides[1]);
  if (!a || !b || !result || result->size() > 38) return std::nullopt;
  const PyInt c = python_parse_int(*result);
  const bool right = sign == "+"   ? *a + *b == c
                     : sign == "-" ? *a - *b == c
                     : sign == "*" ? *a * *b == c
                                   : *b != 0 && *a % *b == 0 && *a / *b == c;
  return right ? std::optional(Equation{*a, *b, c}) : std::nullopt;
}

bool take(std::vector<PyInt>& numbers, PyInt one) {
  const auto found = std::find(numbers.begin(), numbers.end(), one);
  if (found == numbers.end()) return false;
  numbers.erase(found);
  return true;
}

PyInt whole_number_of(const PyValue& value) {
  if (!value.is_integer())
    throw UserError("metadata's nums and target must be whole numbers, not " + value.type_name());
  return value.as_big_int();
}

bool makes_target(const PyValue& metadata, const std::string& solution) {
  const PyValue& list = column(metadata, "nums");
  if (!list.is_list()) throw UserError("metadata's nums must be a list");
  std::vector<PyInt> numbers;
  for (const PyValue& one : list.items()) numbers.push_back(whole_number_of(one));
  const PyInt target = whole_number_of(column(metadata, "target"));
  const std::vector<std::string> lines = python_split(solution, "\n", -1);
  if (lines.size() != 3) return false;
  for (const std::string& line : lines) {
    const auto equation = right_equation(line);
    if (!equation || !take(numbers, equation->left) || !take(numbers, equation->right))
      return false;
    numbers.push_back(equation->result);
  }
  return numbers[0] == target;
}

/// Whether a line of the search may stand for the reference's: a result may differ.
bool same_step(const std::string& said, const std::string& gold) {
  if (said == gold) return true;
  if (python_contains(gold, "Pick two numbers") || !python_contains(gold, "|- Try")) return false;
  const auto equation = [](const std::string& line) { return line.substr(0, line.find('=')); };
  return equation(said) == equation(gold) &&
         python_contains(said, "drop this branch") == python_contains(gold, "drop this branch");
}

/// The place of the first wrong step, or of the last one, among the reference's; the first line
/// must be equal.
double search_progress(const std::string& said, const std::string& gold) {
  const std::vector<std::string> given = python_split(python_strip(said), "\n", -1),
                                 wanted = python_split(python_strip(gold), "\n", -1);
  if (given[0] != wanted[0] || wanted.size() == 1) return 0;
  const std::size_t both = std::min(given.size(), wanted.size());
  std::size_t at = 1;
  while (at < both && same_step(given[at], wanted[at])) ++at;
  const double place = static_cast<double>(std::min(at, both - 1)) - 1;  // -1 without any step
  return place / static_cast<double>(wanted.size() - 1);
}

std::string after_last(const std::string& text, const std::string& mark) {
  return python_split(text, mark, -1).back();
}

MetricValues countdown_scores(const PyValue& doc, const NativeResults& results) {
  static const std::string mark = "# Search Procedure";
  const std::string said = results.filtered.str();
  const auto solution = tagged_part(said, "Solution");
  const double extracted = solution ? 1 : 0;
  if (solution && makes_target(column(doc, "metadata_parsed"), *solution))
    return procedure_scores(1, 1, extracted);
  if (!python_contains(said, mark)) return procedure_scores(0, 0, extracted);
  const std::string gold = after_last(text_column(doc, "reference_output"), mark);
  const double partial = search_progress(after_last(said, mark),
                                         gold.substr(0, gold.find("Now we have found the target")));
  return procedure_scores(0, partial, extracted);
}

}  // namespace

void add_countdown(NativeFunctions& all) {
  all.process_results["longproc/metrics.process_results_countdown"] = countdown_scores;
}

}  // namespace flm
