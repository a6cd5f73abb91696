#include "base/system/globbed_paths.h"

#include <glob.h>

#include <cerrno>
#include <new>

#include "base/system/system_error.h"

namespace flm {
namespace {

struct UnreadFolder {
  std::string path;
  int error = 0;
};

/// glob() hands its callback no more than the folder and the error.
thread_local UnreadFolder unread_folder;

/// A link that leads nowhere, and a folder that is gone since, hold nothing.
int note_unread_folder(const char* path, int error) {
  if (error == ENOENT || error == ENOTDIR) return 0;
  unread_folder = {path, error};
  return 1;
}

struct Globbed {
  glob_t found{};
  ~Globbed() { globfree(&found); }
};

}  // namespace

std::vector<std::string> globbed_paths(const std::string& pattern) {
  Globbed globbed;
  const int status = glob(pattern.c_str(), GLOB_TILDE, note_unread_folder, &globbed.found);
  if (status == GLOB_ABORTED)
    throw system_error("read the folder", unread_folder.path, unread_folder.error);
  if (status == GLOB_NOSPACE) throw std::bad_alloc();
  const glob_t& found = globbed.found;
  return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

}  // namespace flm
