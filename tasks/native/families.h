// One function for each family of tasks that has native functions; native_functions.cc calls all.
#pragma once

#include "tasks/native/native_functions.h"

namespace flm {

void add_bbh(NativeFunctions& all);
void add_chosen_rows(NativeFunctions& all);
void add_competition_math(NativeFunctions& all);
void add_hellaswag(NativeFunctions& all);
void add_humaneval(NativeFunctions& all);
void add_lettered_choices(NativeFunctions& all);
void add_mbpp(NativeFunctions& all);
void add_mmlu_prox(NativeFunctions& all);
void add_reading(NativeFunctions& all);
void add_sentence_completions(NativeFunctions& all);
void add_small_sets(NativeFunctions& all);
void add_truthfulqa(NativeFunctions& all);
void add_truthfulqa_generation(NativeFunctions& all);
void add_wikitext(NativeFunctions& all);
void add_winogrande(NativeFunctions& all);

}  // namespace flm
