// What the environment of this process says; nothing else in the product reads it.
#pragma once

#include <optional>
#include <string>

namespace flm {

/// The variable's text; nothing where it is unset or empty.
std::optional<std::string> environment(const char* name);

/// A variable of 0 or 1, `otherwise` where it says nothing. UserError "NAME takes 0 or 1 (0: ...)",
/// where `meaning` is what stands in the parentheses.
bool environment_switch(const char* name, bool otherwise, const char* meaning);

/// `~` and `~NAME` at the beginning of a path as the home folder, as Python's os.path.expanduser;
/// unchanged where nobody has that name.
std::string expand_user(const std::string& path);

/// `$NAME` and `${NAME}` as what the environment says, once, as Python's os.path.expandvars has it:
/// an unset one stays as it is written.
std::string expand_variables(const std::string& path);

}  // namespace flm
