#include "harness/plan/request_tokens.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text/utf8.h"
#include "harness/requests/over_long.h"

namespace flm {
namespace {

std::string dropped_or_uncovered(const Encoding& encoding, std::size_t bytes) {
  std::size_t span = 0, dropped = 0, at = 0;
  while (span < encoding.spans.size() || dropped < encoding.dropped.size()) {
    const bool take_span = dropped == encoding.dropped.size() ||
                           (span < encoding.spans.size() &&
                            encoding.spans[span].begin <= encoding.dropped[dropped].begin);
    const ByteSpan& next = take_span ? encoding.spans[span++] : encoding.dropped[dropped++];
    if (next.begin == next.end) continue;
    if (next.begin != at) return "bytes are not conserved at byte " + std::to_string(at);
    at = next.end;
  }
  return at == bytes
             ? ""
             : "bytes are not conserved: " + std::to_string(at) + " of " + std::to_string(bytes);
}

}  // namespace

std::int32_t RequestTokenizer::prefix_token() const {
  if (policy_.prefix) return *policy_.prefix;
  for (const auto token : {tokenizer_.named_bos(), tokenizer_.eos(), tokenizer_.bos()})
    if (token) return *token;
  throw UserError(
      "the tokenizer has neither BOS nor EOS for an empty context; give --prefix-token ID");
}

std::string RequestTokenizer::limit_text() const {
  return ", the context has " + std::to_string(policy_.max_length);
}

RequestTokenizer::RequestTokenizer(const Tokenizer& tokenizer, const TokenPolicy& policy)
    : tokenizer_(tokenizer), policy_(policy), encoder_(tokenizer) {
  if (!tokenizer.adds_bos()) return;
  const std::int32_t prefix[] = {prefix_token()};
  written_prefix_ = tokenizer.decode(prefix, false);
  if (const auto bos = tokenizer.named_bos()) written_bos_ = tokenizer.decode({&*bos, 1}, false);
}

/// A text that already starts with the text of `token` gets no tokens before it.
std::vector<std::int32_t> RequestTokenizer::encode(const std::string& text,
                                                   const std::string& token) {
  const bool written = !token.empty() && text.starts_with(token);
  return encoder_.encode_ids(text, !written);
}

TokenizedRequest RequestTokenizer::log_likelihood(const std::string& context,
                                                  const std::string& continuation) {
  std::vector<std::int32_t> head, whole;
  if (context.empty()) {
    head = {prefix_token()};
    whole = encoder_.encode_ids(continuation, false);
    if (whole.empty() || whole.front() != head.front()) whole.insert(whole.begin(), head.front());
  } else {
    // Trailing white space moves to the continuation.
    head = encode(utf8_rstrip(context), written_prefix_);
    whole = encode(context + continuation, written_prefix_);
  }
  TokenizedRequest out;
  if (whole.size() <= head.size()) {
    out.problem =
        "the continuation has no token of its own after the context: \"" + continuation + "\"";
    return out;
  }
  std::copy(head.begin(), head.end(), whole.begin());  // a merge over the border is undone
  if (head.empty()) {                                  // a context of white space alone
    head = {prefix_token()};
    whole.insert(whole.begin(), head.front());
  }
  ScoreRequest request{std::move(whole), static_cast<std::int32_t>(head.size()), 0};
  out.length = static_cast<std::int64_t>(request.tokens.size()) - 1;
  if (out.length > policy_.max_length &&
      !(policy_.truncate_left && cut_left(request, policy_.max_length))) {
    const auto tail = static_cast<std::int64_t>(request.tokens.size() - head.size());
    out.over_long = true;
    out.problem = "needs " + std::to_string(out.length) + " model inputs" + limit_text();
    if (tail > policy_.max_length)
      out.problem += ", and the answer alone is " + std::to_string(tail) + " tokens";
    return out;
  }
  out.scores.push_back(std::move(request));
  return out;
}

/// Requests of windows over x = [prefix] + ids.
TokenizedRequest RequestTokenizer::windows(const std::vector<std::int32_t>& ids,
                                           std::optional<std::int32_t> prefix,
                                           const std::vector<TextWindow>& cuts) const {
  std::vector<std::int32_t> x;
  if (prefix) x.push_back(*prefix);
  x.insert(x.end(), ids.begin(), ids.end());
  const std::int64_t shift = prefix ? 1 : 0;  // ids[i] = x[i + shift]
  TokenizedRequest out;
  for (const TextWindow& window : cuts) {
    ScoreRequest request;
    request.tokens.assign(x.begin() + window.input_begin, x.begin() + window.score_end + shift);
    request.first_scored =
        static_cast<std::int32_t>(window.score_begin + shift - window.input_begin);
    out.length =
        std::max<std::int64_t>(out.length, static_cast<std::int64_t>(request.tokens.size()) - 1);
    out.scores.push_back(std::move(request));
  }
  return out;
}

TokenizedRequest RequestTokenizer::rolling(const std::string& text) {
  const std::vector<std::int32_t> ids = encode(text, written_prefix_);
  return windows(ids, prefix_token(),
                 rolling_windows(static_cast<std::int64_t>(ids.size()), policy_.max_length));
}

TokenizedRequest RequestTokenizer::bpb(const std::string& text, const ResolvedBpb& protocol) {
  Encoding encoding = tokenizer_.encode(text, false);
  if (protocol.packed) {
    TokenizedRequest out;
    out.problem = dropped_or_uncovered(encoding, text.size());
    out.length = std::min<std::int64_t>(protocol.context, std::ssize(encoding.ids) + 1);
    out.packed = std::move(encoding.ids);
    return out;
  }
  const auto n = static_cast<std::int64_t>(encoding.ids.size());
  const std::vector<TextWindow> cuts =
      protocol.rolling
          ? rolling_windows(n, protocol.context)
          : stride_windows(n, protocol.context, protocol.stride, protocol.prefix.has_value());
  TokenizedRequest out = windows(encoding.ids, protocol.prefix, cuts);
  out.problem = dropped_or_uncovered(encoding, text.size());
  if (!protocol.prefix && n > 0) {
    out.excluded_bytes = static_cast<std::int64_t>(encoding.spans[0].end - encoding.spans[0].begin);
  }
  return out;
}

/// As lm-evaluation-harness: the tokenizer's end of text stops an answer also where it is spelled,
/// or where generation_config.json names other ids.
void RequestTokenizer::stop_at_spelled_eos(std::vector<std::string>& stops) const {
  if (!tokenizer_.eos()) return;
  const std::int32_t eos = *tokenizer_.eos();
  const std::string text = tokenizer_.decode({&eos, 1}, false);
  if (!text.empty() && std::find(stops.begin(), stops.end(), text) == stops.end())
    stops.push_back(text);
}

TokenizedRequest RequestTokenizer::generation(const std::string& context,
                                              const GenerationOptions& options, int repeats) {
  GenerateRequest request;
  request.prompt = encode(context, written_bos_);
  if (request.prompt.empty()) request.prompt = {prefix_token()};
  request.max_new_tokens = options.max_new_tokens;
  for (const std::string& stop : options.until) {
    if (!stop.empty()) request.stop.push_back(stop);
  }
  stop_at_spelled_eos(request.stop);
  request.stop_ids = tokenizer_.eos_ids();
  if (options.do_sample) {
    request.sampling.temperature = options.temperature;
    request.sampling.top_k = options.top_k;
    request.sampling.top_p = options.top_p;
  }
  request.sampling.repetition_penalty = options.repetition_penalty;
  request.sampling.seed = policy_.seed;

  TokenizedRequest out;
  const auto prompt = static_cast<std::int64_t>(request.prompt.size());
  out.length = prompt + request.max_new_tokens;
  if (out.length > policy_.max_length &&
      !(policy_.truncate_left && cut_left(request, policy_.max_length))) {
    out.over_long = true;
    out.problem = "needs " + std::to_string(prompt) + " prompt and " +
                  std::to_string(request.max_new_tokens) + " new tokens" + limit_text();
    if (request.max_new_tokens >= policy_.max_length)
      out.problem += ", which the new tokens alone fill: --gen-kwargs max_gen_toks=N";
    return out;
  }
  for (int repeat = 0; repeat < repeats; ++repeat) {
    request.sampling.repeat = static_cast<std::uint32_t>(repeat);
    out.generations.push_back(request);
  }
  return out;
}

}  // namespace flm
