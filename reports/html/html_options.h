// What a page may hold of the samples.
#pragma once

#include <cstddef>
#include <string>

namespace flm {

/// --html-samples. Flips are an item right in one run alone, an error, a flagged item: what a
/// reader looks for first.
enum class HtmlSamples {
  kFit,    // all while the file stays within `limit`, else as kCount with what fits
  kAll,    // all, whatever the file grows to
  kFlips,  // flips alone
  kCount,  // flips, and `count` others of each task, drawn with a fixed seed
  kNone
};

struct HtmlOptions {
  HtmlSamples samples = HtmlSamples::kFit;
  std::size_t count = 2'000;
  std::size_t limit = 25'000'000;  // bytes of the file
  bool prompts = true;             // false: the run was asked to log none
};

/// "fit", "all", "flips", "none" or a number. UserError for anything else.
HtmlOptions html_options(const std::string& samples);

}  // namespace flm
