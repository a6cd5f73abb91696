// How many files the program may have open, and the three that it begins with.
#pragma once

namespace flm {

/// Raises the soft limit to the hard one, which anybody may: a checkpoint of many shards keeps a
/// descriptor for each.
void raise_open_files_limit();

/// Puts something in the place of stdin, stdout and stderr where they are closed, or the next file
/// that is opened would stand there: a checkpoint be read as input, a store be written over. What
/// reads or writes them meets EBADF, as with a closed one.
void hold_standard_descriptors();

}  // namespace flm
