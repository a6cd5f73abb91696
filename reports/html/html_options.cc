#include "reports/html/html_options.h"

#include <charconv>

#include "base/errors.h"

namespace flm {

HtmlOptions html_options(const std::string& samples) {
  HtmlOptions out;
  if (samples == "fit" || samples.empty()) return out;
  out.samples = HtmlSamples::kAll;
  if (samples == "all") return out;
  out.samples = HtmlSamples::kFlips;
  if (samples == "flips") return out;
  out.samples = HtmlSamples::kNone;
  if (samples == "none") return out;
  out.samples = HtmlSamples::kCount;
  const char* end = samples.data() + samples.size();
  const auto [at, error] = std::from_chars(samples.data(), end, out.count);
  if (error != std::errc() || at != end)
    throw UserError("--html-samples wants fit, all, flips, none or a number of each task: " +
                    samples);
  return out;
}

}  // namespace flm
