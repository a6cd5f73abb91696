// How many files the program may have open.
#pragma once

namespace flm {

/// Raises the soft limit to the hard one, which anybody may: a checkpoint of many shards keeps a
/// descriptor for each.
void raise_open_files_limit();

}  // namespace flm
