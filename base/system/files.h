// Whole files in and out, with errors that name the path.
#pragma once

#include <string>
#include <string_view>

namespace flm {

/// The bytes of a file; UserError "cannot read PATH: reason".
std::string read_file(const std::string& path);

/// The same, and a UserError where PATH is no regular file: whoever reads a checkpoint must not
/// wait for the writer of a pipe.
std::string read_regular_file(const std::string& path);

/// Writes beside the target, syncs, and renames, so that a reader or a crash never sees half a
/// file. What is no file (a device, a pipe, /dev/stdout) and a file in a folder that takes no other
/// is written into; of a link the target is written, and the link stays.
void write_file_atomically(const std::string& path, std::string_view bytes);

/// The folder and those that it lies in, where they are not there yet; UserError "cannot make the
/// folder PATH: reason".
void make_folder(const std::string& path);

/// Whether write_file_atomically has a place there: a file that can be written, or none in a folder
/// that takes one.
bool can_be_written(const std::string& path);

/// Removes the file that the path or its links name; a descriptor (/dev/stdout) stays.
void remove_written_file(const std::string& path);

/// The last name of a path, also where a slash ends it ("models/nano/step_01600/"); the path itself
/// where it has none.
std::string last_part_of(const std::string& path);

}  // namespace flm
