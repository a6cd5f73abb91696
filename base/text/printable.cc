#include "base/text/printable.h"

#include "base/text/utf8.h"

namespace flm {

std::string printable(std::string_view foreign) {
  constexpr std::size_t kMost = 200;
  std::string out(foreign.substr(0, kMost));
  if (foreign.size() > kMost) out.resize(utf8_complete_prefix(out));
  const bool text = utf8_valid(out);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte > 0x7F && !text)) c = '?';
  }
  if (foreign.size() > kMost) out += "... (" + std::to_string(foreign.size()) + " bytes)";
  return out;
}

}  // namespace flm
