// Ctrl-C and SIGTERM: a run ends behind the row in hand.
#pragma once

namespace flm::bench {

/// From here on the first signal asks for an end and the second one ends the program at once; one
/// that the caller ignores stays ignored.
void answer_stops();
/// Whether an end was asked for.
bool is_stopped();

}  // namespace flm::bench
