#include "engine/tokenizer/components/decoder.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "engine/tokenizer/components/metaspace.h"
#include "engine/tokenizer/json_values.h"
#include "engine/tokenizer/models/byte_level.h"
#include "engine/tokenizer/normalizers/normalizer.h"

namespace flm {
namespace {

std::size_t count(const Json& component, const char* key, const std::string& origin) {
  const Json* found = json_member(component, key);
  return found ? static_cast<std::size_t>(json_token_id(*found, key, origin)) : 0;
}

std::string replaced_in(const Regex& pattern, const std::string& content, const std::string& text) {
  return replace_all(pattern, content, {text, {}}).text;
}

/// Byte pieces in a row are one text where they are UTF-8; else each is a U+FFFD.
void join_bytes(std::vector<std::string>& tokens) {
  std::vector<std::string> out;
  std::string bytes;
  const auto flush = [&] {
    if (bytes.empty()) return;
    if (utf8_valid(bytes))
      out.push_back(bytes);
    else
      out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");
    bytes.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = byte_of_piece(token)) {
      bytes += static_cast<char>(*byte);
      continue;
    }
    flush();
    out.push_back(std::move(token));
  }
  flush();
  tokens.swap(out);
}

std::string joined(const std::vector<std::string>& tokens) {
  std::string out;
  for (const std::string& token : tokens) out += token;
  return out;
}

void strip(const std::string& content, std::size_t start, std::size_t stop, std::string& token) {
  if (content.empty()) return;
  for (; start > 0 && token.starts_with(content); --start) token.erase(0, content.size());
  for (; stop > 0 && token.ends_with(content); --stop) token.resize(token.size() - content.size());
}

}  // namespace

Decoder::Decoder(const Json& file, const std::string& origin)
    : absent_(!json_member(file, "decoder")) {
  for (const Json* component : json_components(file, "decoder", "decoders", origin))
    add(*component, origin);
}

void Decoder::add(const Json& component, const std::string& origin) {
  const std::string type = json_string(component, "type", origin);
  if (type == "ByteFallback") {
    steps_.emplace_back(Simple::kByteFallback);
  } else if (type == "Fuse") {
    steps_.emplace_back(Simple::kFuse);
  } else if (type == "ByteLevel") {
    steps_.emplace_back(Simple::kByteLevel);
  } else if (type == "Replace") {
    const JsonPattern pattern = json_pattern(component, origin);
    steps_.emplace_back(Replace{Regex(pattern.text, pattern.literal, origin),
                                json_string(component, "content", origin)});
  } else if (type == "Strip") {
    steps_.emplace_back(Strip{json_string(component, "content", origin),
                              count(component, "start", origin), count(component, "stop", origin)});
  } else if (type == "Metaspace") {
    const MetaspaceRule rule = parse_metaspace(component, origin);
    steps_.emplace_back(
        Metaspace{rule.replacement, rule.prepend != MetaspaceRule::Prepend::kNever});
  } else {
    unknown_component(origin, "decoder",
                      "Sequence, Replace, ByteFallback, Fuse, Strip, Metaspace and ByteLevel",
                      type);
  }
}

void Decoder::run(const Step& step, std::vector<std::string>& tokens) {
  if (const auto* replace = std::get_if<Replace>(&step)) {
    for (std::string& token : tokens)
      token = replaced_in(replace->pattern, replace->content, token);
  } else if (const auto* stripping = std::get_if<Strip>(&step)) {
    for (std::string& token : tokens)
      strip(stripping->content, stripping->start, stripping->stop, token);
  } else if (const auto* metaspace = std::get_if<Metaspace>(&step)) {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      tokens[i] = replaced_text(tokens[i], metaspace->replacement,
                                i == 0 && metaspace->drops_first ? "" : " ");
  } else if (std::get<Simple>(step) == Simple::kByteFallback) {
    join_bytes(tokens);
  } else if (std::get<Simple>(step) == Simple::kFuse) {
    tokens = {joined(tokens)};
  } else {
    std::string bytes;
    for (const std::string& token : tokens) bytes += byte_level_bytes(token).value_or(token);
    tokens = {utf8_lossy(bytes)};
  }
}

std::string Decoder::decode(std::vector<std::string> tokens) const {
  if (absent_) {
    std::string out;
    for (std::size_t i = 0; i < tokens.size(); ++i) out += (i > 0 ? " " : "") + tokens[i];
    return out;
  }
  for (const Step& step : steps_) run(step, tokens);
  return joined(tokens);
}

std::string Decoder::token_bytes(const std::string& token) const {
  std::string text = token;
  for (const Step& step : steps_) {
    if (const auto* replace = std::get_if<Replace>(&step)) {
      text = replaced_in(replace->pattern, replace->content, text);
    } else if (const auto* metaspace = std::get_if<Metaspace>(&step)) {
      text = replaced_text(text, metaspace->replacement, " ");
    } else if (const auto* simple = std::get_if<Simple>(&step)) {
      const auto byte = byte_of_piece(text);
      if (*simple == Simple::kByteFallback && byte) return {static_cast<char>(*byte)};
      if (*simple == Simple::kByteLevel) return byte_level_bytes(text).value_or(text);
    }
  }
  return text;
}

}  // namespace flm
