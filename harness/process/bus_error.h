// A mapped file that cannot be read any more.
#pragma once

namespace flm {

/// From here on, reading a mapped file behind its end (it was cut short) or where its disk fails
/// ends the program with a line that names the file and the exit code of a user's error.
void answer_bus_errors();

/// The same, but the program starts anew after a while, with the arguments that it was started
/// with: whoever watches files that others write goes on with what is stored.
void start_anew_on_bus_errors();

/// Of a process of a job that watches: MPI lets no process join a second time, so that it does not
/// start anew. Says so, and ends with the exit code of what can be gone on with.
void ask_for_a_start_on_bus_errors();

}  // namespace flm
