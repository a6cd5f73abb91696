#include "harness/cli/typed_files.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/errors.h"
#include "base/system/files.h"
#include "harness/cli/command_table.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// kReadLines: a file, or "-" for standard input. kReadFolder: or a name of the Hugging Face cache,
/// which is looked up later.
enum class Use { kReadLines, kReadFile, kReadFolder, kWriteFile, kWriteFolder };

struct FileFlag {
  const char* name;
  const char* listed;  // what help calls its value: --text is a FILE for `score` alone
  Use use;
};

constexpr FileFlag kFileFlags[] = {
    {"--text", "FILE", Use::kReadFile},          {"--tokens", "FILE", Use::kReadLines},
    {"--prompts", "FILE", Use::kReadLines},      {"--file", "FILE", Use::kReadLines},
    {"--samples", "FILE", Use::kReadFile},       {"--bpb-mixture", "FILE", Use::kReadFile},
    {"--code-verdicts", "FILE", Use::kReadFile}, {"--tokenizer", "DIR", Use::kReadFolder},
    {"--against", "DIR", Use::kReadFolder},      {"--export-code", "FILE", Use::kWriteFile},
    {"--junit", "FILE", Use::kWriteFile},        {"--output", "DIR", Use::kWriteFolder},
    {"--output-path", "DIR", Use::kWriteFolder}, {"--tensorboard", "DIR", Use::kWriteFolder}};

/// JSON in place of a file of it.
bool is_no_path(const std::string& value) {
  const std::size_t first = value.find_first_not_of(" \n\t");
  return first == std::string::npos || value[first] == '{';
}

/// The nearest folder above, or the path itself, that is there.
fs::path present_part(const fs::path& path) {
  std::error_code ignored;
  fs::path part = fs::absolute(path).lexically_normal();
  while (!fs::exists(part, ignored) && part != part.parent_path()) part = part.parent_path();
  return part;
}

/// What is wrong with it, without the value; "" = nothing.
std::string fault_of(Use use, const std::string& value) {
  if (value == "-")
    return use == Use::kReadLines ? "" : "- is standard input of lines alone; give a name";
  std::error_code ignored;
  const fs::path path = value;
  const bool folder = fs::is_directory(path, ignored), there = fs::exists(path, ignored);
  switch (use) {
    case Use::kReadLines:
    case Use::kReadFile:
      if (folder) return "a folder; give a file";
      if (access(path.c_str(), R_OK) != 0)
        return std::string("cannot be read (") + std::strerror(errno) + "); give a file";
      return "";
    case Use::kReadFolder:
      return there && !folder ? "a file; give the folder that holds it" : "";
    case Use::kWriteFile:
      if (folder) return "a folder; give a file in it";
      if (!fs::is_directory(fs::absolute(path).parent_path(), ignored))
        return "the folder of the file is not there; make it";
      return can_be_written(value) ? "" : "cannot be written; give another file";
    case Use::kWriteFolder:
      return fs::is_directory(present_part(path), ignored)
                 ? ""
                 : "a file stands where a folder is to be; give another";
  }
  return "";
}

const FileFlag* find_file_flag(const CommandEntry& command, const std::string& name) {
  for (const FileFlag& one : kFileFlags)
    if (name == one.name &&
        std::any_of(command.flags.begin(), command.flags.end(), [&](const FlagEntry& flag) {
          return flag.name == name && flag.value == one.listed;
        }))
      return &one;
  return nullptr;
}

}  // namespace

void check_typed_files(const std::string& command, const std::vector<TypedFlag>& typed) {
  const std::vector<CommandEntry> table = command_table();
  const CommandEntry* entry = find_command(table, command);
  if (!entry) return;
  for (const TypedFlag& flag : typed) {
    const FileFlag* file = find_file_flag(*entry, flag.name);
    if (!file || is_no_path(flag.values.back())) continue;
    const std::string fault = fault_of(file->use, flag.values.back());
    if (!fault.empty()) throw UserError(flag.name + ": " + fault + ": " + flag.values.back());
  }
}

}  // namespace flm
