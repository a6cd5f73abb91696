// The frame of a page that is one file: everything is in it and nothing is fetched.
#pragma once

#include <cstddef>
#include <string>

namespace flm {

struct Page {
  std::string title;
  std::string body;     // HTML: complete and printable without the script
  std::string samples;  // the script tags of sample_blocks.h; "" = none, and no script then
};

/// Bytes left for the samples of a file of at most `limit` whose own parts take `own`: style,
/// script and frame are ours and known.
std::size_t sample_budget(std::size_t own, std::size_t limit);

/// Character set, a policy that forbids every request and every script but ours (by its hash),
/// style, body, samples, script.
std::string assemble_page(const Page& page);

}  // namespace flm
