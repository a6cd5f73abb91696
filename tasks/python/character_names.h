// \N{NAME} of Python: characters by their Unicode names.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace flm {

/// "BULLET", in any case, an alias too; nothing for a name that Unicode does not have.
std::optional<char32_t> python_named_character(std::string_view name);

/// Reads "{NAME}" at text[at] and moves `at` behind it; nothing where that does not stand there.
std::optional<char32_t> python_read_named_character(std::string_view text, std::size_t& at);

}  // namespace flm
