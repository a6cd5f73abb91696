// The tokens that a tokenizer.json puts around a text: its "post_processor".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/documents/json.h"

namespace flm {

struct PostProcessor {
  std::vector<std::int32_t> before, after;  // ids around a single text
  std::string first_after;                  // the text of the first of `after`
};

/// Reads TemplateProcessing, RobertaProcessing, BertProcessing and ByteLevel (which only trims the
/// offsets that it reports); UserError for others.
PostProcessor parse_post_processor(const Json& file, const std::string& origin);

}  // namespace flm
