// datasets/fetch/archive_members: any bytes give members with safe names, or a UserError.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/errors.h"
#include "datasets/fetch/archive_members.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t bytes = 0;
  try {
    flm::ArchiveMembers members(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz",
                                {100, 1 << 20});
    while (members.next()) {
      const std::string path = "/" + members.name() + "/";
      if (path.starts_with("//") || path.find("/../") != std::string::npos) std::abort();
      if (members.is_file()) members.read([&](std::string_view block) { bytes += block.size(); });
    }
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  if (bytes > 1 << 20) std::abort();
  return 0;
}
