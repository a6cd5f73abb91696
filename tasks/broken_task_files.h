// What is wrong with the files of --include-path.
#pragma once

#include <string>

namespace flm {

/// What a user should know of files and folders of --include-path that cannot be read, in a
/// sentence; "" where all can. UserError where the folder itself cannot be.
std::string broken_task_files_note(const std::string& include_path);

}  // namespace flm
