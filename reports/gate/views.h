// A gate's result for people and for programs; all of them are functions of GateResult alone.
#pragma once

#include <string>
#include <string_view>

#include "reports/gate/judge.h"

namespace flm {

/// One line a rule and the headline last; sentences go below where `columns` are too few (0: any).
std::string gate_text(const GateResult& result, int columns);

/// A heading, a table of the rules and the headline: for a step summary or a merge request.
std::string gate_markdown(const GateResult& result);

/// One JSON document: verdict, exit_code, rules.
std::string gate_json(const GateResult& result);

/// JUnit with the elements and attributes that Jenkins' and Surefire's schemas know: one suite, its
/// headline a property, one case a rule. A blocking rule that fails is a <failure>, one that is
/// missing an <error>; one that is inconclusive is <skipped>, under `inconclusive: fail` an
/// <error>; an advisory one that does not pass is <skipped>. Characters that XML forbids become
/// U+FFFD.
std::string gate_junit(const GateResult& result);

/// Whether a file's bytes are what gate_junit made, of whatever result.
bool is_gate_junit(std::string_view bytes);

/// GitHub's workflow commands, worst first: ::error for what stops the gate (::warning where it is
/// inconclusive), ::warning for what an advisory rule found, ::notice for what passed.
std::string gate_annotations(const GateResult& result);

}  // namespace flm
