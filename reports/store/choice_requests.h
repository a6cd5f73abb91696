// Which of an item's requests, or of the responses to them, are of its choices.
#pragma once

#include "base/documents/json.h"

namespace flm {

/// acc_mutual_info asks for each choice once more without the prompt, behind all choices
/// (`asks_twice`): `requests` without those. What is no list stays as it is.
Json of_choices(bool asks_twice, Json requests);

/// Those without the prompt; [] where they are not asked for, or of what is no list.
Json without_prompt(bool asks_twice, Json requests);

}  // namespace flm
