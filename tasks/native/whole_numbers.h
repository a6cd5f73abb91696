// Whole numbers of any length, as texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flm {

/// str(int(text)) of Python; nothing where int raises a ValueError.
std::optional<std::string> whole_number_text(std::string_view text);

}  // namespace flm
