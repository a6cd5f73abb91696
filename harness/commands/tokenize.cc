#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "harness/commands/commands.h"
#include "harness/commands/line_faults.h"
#include "harness/model/model_access.h"
#include "harness/process/exit_code.h"
#include "harness/terminal/jsonl.h"

namespace flm {
namespace {

/// "NAME":[ITEM,...], each item by append(item).
template <class Items, class Append>
void append_list(std::string& line, const char* name, const Items& items, const Append& append) {
  line += line.size() > 1 ? ",\"" : "\"";
  line += name;
  line += "\":[";
  for (const auto& item : items) {
    append(item);
    line += ',';
  }
  if (items.empty())
    line += ']';
  else
    line.back() = ']';
}

/// Written as it goes: Json values of all ids and spans would take longer than the encoding.
std::string encoding_line(const Tokenizer& tokenizer, const std::string& text) {
  const Encoding encoding = tokenizer.encode(text);
  std::string line = "{";
  const auto append_span = [&](const ByteSpan& span) {
    line += '[' + std::to_string(span.begin) + ',' + std::to_string(span.end) + ']';
  };
  append_list(line, "ids", encoding.ids, [&](std::int32_t id) { line += std::to_string(id); });
  append_list(line, "pieces", encoding.ids,
              [&](std::int32_t id) { append_json_string(line, tokenizer.piece(id)); });
  append_list(line, "spans", encoding.spans, append_span);
  if (!encoding.dropped.empty()) append_list(line, "dropped", encoding.dropped, append_span);
  return line + "}";
}

}  // namespace

int command_tokenize(const Options& options, Progress& progress) {
  const ModelFlags flags = settle_model_flags(options.model, progress);
  refuse_replay("tokenize", flags);
  const auto tokenizer = open_tokenizer(flags);
  if (options.text_file.empty()) {
    if (!find_typed(options.typed, "--text"))
      throw UserError("give tokenize --text TEXT or --file FILE (given: neither)");
    print_line(encoding_line(*tokenizer, options.text));
    return kDone;
  }
  LineFaults faults;
  for_each_line(options.text_file, [&](int number, const std::string& text) {
    try {
      const Json line = parse_json(text, options.text_file + ":" + std::to_string(number));
      if (!line.is_object() || !line.contains("text") || !line["text"].is_string())
        throw UserError("a line needs \"text\"");
      print_line(encoding_line(*tokenizer, line["text"].get<std::string>()));
      faults.count("");
    } catch (const UserError& error) {
      faults.count(error.what());
      print_line(compact_json(Json{{"error", error.what()}}));
    }
  });
  faults.throw_if_any();
  return kDone;
}

}  // namespace flm
