// One function for each family of tasks that has native functions; native_functions.cc calls all.
#pragma once

#include "tasks/native/native_functions.h"

namespace flm {

void add_bbh(NativeFunctions& all);
void add_hellaswag(NativeFunctions& all);
void add_humaneval(NativeFunctions& all);
void add_mbpp(NativeFunctions& all);
void add_truthfulqa(NativeFunctions& all);
void add_truthfulqa_generation(NativeFunctions& all);
void add_wikitext(NativeFunctions& all);
void add_winogrande(NativeFunctions& all);

}  // namespace flm
