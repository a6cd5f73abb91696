// Readers of the values of task files: each gives what its key asks for, or a UserError
// "FILE:line: ...".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tasks/files/task_file.h"
#include "tasks/native/native_functions.h"

namespace flm {

[[noreturn]] void fail_at(const std::string& where, const std::string& message);
[[noreturn]] void refuse_function(const TaskKey& key, const YamlNode& node);
[[noreturn]] void unknown_key(const std::string& where, const std::string& name,
                              const std::vector<std::string>& known);

/// FILE:line of a node below a key.
std::string place_of(const TaskKey& key, const YamlNode& node);

std::string text_of(const TaskKey& key);  // "" for null
int whole_number(const TaskKey& key, int least);
bool truth(const TaskKey& key, const YamlNode& node, const std::string& name);
/// One text, or a list of texts.
std::vector<std::string> text_list(const TaskKey& key, const YamlNode& node,
                                   const std::string& name);
/// Text, "" for null.
std::string plain_text(const TaskKey& key, const YamlNode& node, const std::string& name);
/// The nodes of a key that must be a list; none for null.
std::vector<YamlNode> list_of(const TaskKey& key);
/// A value of any kind without a !function in it.
PyValue plain_value(const TaskKey& key, const YamlNode& node);
/// The value of a key that must be !function module.name.
const YamlNode& function_of(const TaskKey& key);

/// The native function of one kind that a !function node names.
template <class Function>
const Function& native_of(const TaskKey& key, const YamlNode& node,
                          const std::map<std::string, Function>& kind) {
  if (const Function* found = find_native(kind, key.file, node.text)) return *found;
  refuse_function(key, node);
}

}  // namespace flm
