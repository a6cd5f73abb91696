#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/commands/commands.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/terminal/jsonl.h"

namespace flm {
namespace {

/// [[begin, end], ...]. Not from braces, which nlohmann looks through for an object each time.
Json::array_t spans_of(const std::vector<ByteSpan>& spans) {
  Json::array_t all;
  all.reserve(spans.size());
  for (const ByteSpan& span : spans) {
    Json::array_t ends;
    ends.reserve(2);
    ends.emplace_back(span.begin);
    ends.emplace_back(span.end);
    all.emplace_back(std::move(ends));
  }
  return all;
}

Json encoding_line(const Tokenizer& tokenizer, const std::string& text) {
  const Encoding encoding = tokenizer.encode(text);
  Json::array_t pieces;
  pieces.reserve(encoding.ids.size());
  for (std::int32_t id : encoding.ids) pieces.emplace_back(tokenizer.piece(id));
  Json line;
  line["ids"] = encoding.ids;
  line["pieces"] = std::move(pieces);
  line["spans"] = spans_of(encoding.spans);
  if (!encoding.dropped.empty()) line["dropped"] = spans_of(encoding.dropped);
  return line;
}

}  // namespace

int command_tokenize(const Options& options, Progress& progress) {
  const ModelFlags flags = settle_model_flags(options.model, progress);
  const auto tokenizer = open_tokenizer(flags);
  if (options.text_file.empty()) {
    if (!find_typed(options.typed, "--text"))
      throw UserError("give tokenize --text TEXT or --file FILE (given: neither)");
    print_line(compact_json(encoding_line(*tokenizer, options.text)));
    return kDone;
  }
  bool all_good = true;
  for_each_line(options.text_file, [&](int number, const std::string& text) {
    try {
      const Json line = parse_json(text, options.text_file + ":" + std::to_string(number));
      if (!line.is_object() || !line.contains("text") || !line["text"].is_string())
        throw UserError("a line needs \"text\"");
      print_line(compact_json(encoding_line(*tokenizer, line["text"].get<std::string>())));
    } catch (const UserError& error) {
      all_good = false;
      print_line(compact_json(Json{{"error", error.what()}}));
    }
  });
  return all_good ? kDone : kUserError;
}

}  // namespace flm
