// exact_match of a generated text with its references.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tasks/python/regex.h"
#include "tasks/python/value.h"
#include "tasks/spec.h"

namespace flm {

/// exact_match with its switches compiled once. Thread-safe.
class ExactMatch {
 public:
  explicit ExactMatch(const MetricSpec& spec);
  /// Of the arrays that a prediction and a reference stand in.
  struct Widths {
    std::size_t predictions, references;
  };
  /// Whether they are equal after the switches, which act on both alike, as elements of numpy
  /// arrays: a text and a number never are. UserError for a switch that wants texts.
  bool operator()(const PyValue& prediction, const PyValue& reference, const Widths& widths) const;
  /// Characters of the longest text of a numpy array of them.
  std::size_t width(const PyList& array) const;

 private:
  std::string without_ignored(std::string text) const;
  std::string normalised(std::string text, std::size_t width) const;
  const PyValue& text_wanted(const PyValue& value) const;

  std::vector<PythonRegex> ignored_;
  bool case_, punctuation_, numbers_;
  bool texts_only_;  // a switch is on
  bool arrays_;      // lm-evaluation-harness compares numpy strings, which drop final NULs
};

/// What of a document is held against a prediction, and whether any of several counts.
struct ExactTargets {
  PyList items;
  bool any = false;
};

/// The share of what a filter left that is equal to its targets; 1 where any is, of targets of
/// which any counts. A filter may leave a list (majority_vote, take_first_k without take_first
/// behind it); the lists are paired as numpy broadcasts them. UserError where their lengths do not
/// fit.
double exact_match(const ExactMatch& exact, const PyValue& prediction, const ExactTargets& targets);

/// Python's type(prediction)(target), where they are of different types and the prediction is no
/// list and not None. UserError where Python raises.
PyValue cast_to_type_of(const PyValue& prediction, const PyValue& target);

/// The text that answers a document: a choice by its number, the first of several targets, else the
/// target itself. UserError for a number outside the choices.
std::string answer_text(const PyValue& target, const std::vector<std::string>& choices);

}  // namespace flm
