#include "tasks/sandbox/jail_command.h"

#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "base/system/environment.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

void append(Words& words, std::initializer_list<std::string> more) {
  words.insert(words.end(), more.begin(), more.end());
}

/// /usr and what leads into it; of the rest of the system only what starts a program.
void add_system(Words& words) {
  append(words, {"--ro-bind", "/usr", "/usr"});
  for (const std::string path : {"/lib", "/lib64", "/lib32"}) {
    std::error_code error;
    if (fs::is_symlink(path, error)) {
      append(words, {"--symlink", fs::read_symlink(path, error).string(), path});
    } else if (fs::exists(path, error)) {
      append(words, {"--ro-bind", path, path});
    }
  }
  append(words, {"--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"});
}

/// An interpreter that does not live below /usr brings its own folder.
void add_interpreter(Words& words, const std::string& python) {
  std::error_code error;
  const fs::path real = fs::canonical(python, error);
  if (error || real.string().starts_with("/usr/")) return;
  const std::string prefix = real.parent_path().parent_path().string();
  append(words, {"--ro-bind", prefix, prefix});
}

Words isolation(const JailOptions& options) {
  Words words;
  // The limit on processes does not hold for root's, not even inside: become nobody first.
  if (geteuid() == 0)
    append(words, {find_program("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"});
  append(words, {options.bubblewrap, "--unshare-all", "--unshare-user", "--uid", "65534", "--gid",
                 "65534", "--cap-drop", "ALL", "--hostname", "sandbox"});
  if (!options.filter) append(words, {"--disable-userns"});  // the filter forbids them itself
  add_system(words);
  add_interpreter(words, options.python);
  append(words, {"--dev", "/dev", "--remount-ro", "/dev", "--size",
                 std::to_string(options.file_bytes), "--tmpfs", "/tmp", "--remount-ro", "/",
                 "--die-with-parent", "--new-session", "--chdir", "/tmp"});
  if (options.filter) append(words, {"--seccomp", std::to_string(kFilterFd)});
  append(words, {"--"});
  return words;
}

}  // namespace

std::vector<std::string> jail_command(const JailOptions& options, const char* program,
                                      const std::vector<std::string>& arguments) {
  Words words = options.bubblewrap.empty() ? Words{} : isolation(options);
  // -S -s: the standard library and nothing installed beside it, so that every machine judges
  // alike.
  append(words, {options.python, "-S", "-s", "-B", "-c", program});
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

std::vector<std::string> jail_environment() {
  return {"PATH=/usr/bin:/bin", "HOME=/tmp",   "TMPDIR=/tmp", "LC_ALL=C.UTF-8", "TZ=UTC",
          "PYTHONHASHSEED=0",   "PYTHONUTF8=1"};
}

std::string find_program(const std::string& name) {
  std::stringstream folders(environment("PATH").value_or("") + ":/usr/bin:/bin:/usr/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    if (folder.starts_with('/') && access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

std::string find_python() {
  for (const char* path : {"/usr/bin/python3", "/usr/local/bin/python3"})
    if (access(path, X_OK) == 0) return path;
  return find_program("python3");
}

}  // namespace flm
