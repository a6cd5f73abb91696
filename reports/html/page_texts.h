// page.css and page.js, put into the program by the build (cmake/EmbedTexts.cmake).
#pragma once

#include <string_view>

namespace flm {

extern const std::string_view kPageStyle, kPageScript;

}  // namespace flm
