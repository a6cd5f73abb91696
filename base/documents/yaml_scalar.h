// How a plain YAML scalar becomes a value: the rules of PyYAML's SafeLoader (YAML 1.1).
#pragma once

#include <string_view>

#include "base/documents/yaml.h"

namespace flm {

/// Fills kind, boolean, integer, real and text of `node` from an untagged plain scalar. Throws
/// UserError without a place ("an integer beyond 64 bits ...") where PyYAML would raise or we have
/// no value for it.
void resolve_plain_scalar(std::string_view text, YamlNode& node);

/// The same for a scalar with a tag of the core schema ("int", "float", "bool", "null" or "str").
void resolve_tagged_scalar(std::string_view type, std::string_view text, YamlNode& node);

}  // namespace flm
