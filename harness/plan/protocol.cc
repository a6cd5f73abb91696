#include "harness/plan/protocol.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "harness/plan/chat.h"
#include "harness/plan/plan.h"

namespace flm {

std::string ResolvedBpb::metric_name() const {
  const std::string windows = packed    ? ""
                              : rolling ? "/rolling"
                                        : "/stride" + std::to_string(stride);
  return "bpb@ctx" + std::to_string(context) + windows + "/prefix" +
         (prefix ? std::to_string(*prefix) : "none") + (packed ? "/packed" : "/doc");
}

std::optional<std::int32_t> resolve_prefix(const std::string& prefix, const Tokenizer& tokenizer) {
  const auto must = [&](std::optional<std::int32_t> id) {
    if (!id)
      throw UserError("the tokenizer has no " + prefix + " token; give --prefix-token ID or none");
    return id;
  };
  if (prefix == "none") return std::nullopt;
  if (prefix == "bos") return must(tokenizer.bos());
  if (prefix == "eos") return must(tokenizer.eos());
  if (prefix == "tokenizer") return tokenizer.adds_bos() ? must(tokenizer.bos()) : std::nullopt;
  if (prefix == "auto") {
    if (tokenizer.adds_bos() && tokenizer.bos()) return tokenizer.bos();
    return tokenizer.eos() ? tokenizer.eos() : tokenizer.bos();
  }
  if (prefix.empty() || prefix.size() > 9 ||
      prefix.find_first_not_of("0123456789") != std::string::npos) {
    throw UserError("--prefix-token must be an id, bos, eos or none: " + prefix);
  }
  return std::stoi(prefix);
}

namespace {

/// `name`: what gives the prefix.
void check_id(const std::string& prefix, const std::string& name, int vocab_rows) {
  const bool id = !prefix.empty() && prefix.size() <= 9 &&
                  prefix.find_first_not_of("0123456789") == std::string::npos;
  if (id && std::stoi(prefix) >= vocab_rows)
    throw UserError(name +
                    " is outside the model's vocabulary; give bos, eos, none or an id from 0 to " +
                    std::to_string(vocab_rows - 1) + ": " + prefix);
}

}  // namespace

void check_prefix(const TaskFlags& flags, int vocab_rows) {
  check_id(flags.prefix_token, "--prefix-token", vocab_rows);
}

void check_prefixes(const TaskFlags& flags, const RunPlan& plan, int vocab_rows) {
  if (!flags.prefix_token.empty()) return;
  for (const PlannedTask& one : plan.tasks)
    if (const auto asked = one.task->bpb())
      check_id(asked->prefix, "prefix_token_id of task " + one.task->name(), vocab_rows);
}

ResolvedBpb resolve_bpb(const BpbProtocol& asked, const TaskFlags& flags,
                        const Tokenizer& tokenizer, int max_length) {
  ResolvedBpb out;
  out.context = flags.bpb_context ? *flags.bpb_context : asked.context.value_or(max_length);
  if (out.context > max_length) {
    throw UserError("--bpb-context is more than the model's context of " +
                    std::to_string(max_length) + ": " + std::to_string(out.context));
  }
  out.stride =
      flags.bpb_stride ? *flags.bpb_stride : asked.stride.value_or(std::max(1, out.context / 2));
  if (out.stride < 1 || out.stride > out.context) {
    throw UserError("--bpb-stride must lie between 1 and the context of " +
                    std::to_string(out.context) + ": " + std::to_string(out.stride));
  }
  const std::string& window = flags.bpb_window.empty() ? asked.window : flags.bpb_window;
  out.rolling = window == "rolling";
  out.packed = window == "packed";
  if (out.packed && flags.bpb_stride)
    throw UserError(
        "--bpb-stride has no meaning for packed windows, which do not overlap; drop it: " +
        std::to_string(*flags.bpb_stride));
  out.prefix =
      resolve_prefix(flags.prefix_token.empty() ? asked.prefix : flags.prefix_token, tokenizer);
  if (out.rolling && !out.prefix)
    throw UserError("rolling windows need a prefix token; give --prefix-token ID, bos or eos");
  if (out.packed && !out.prefix)
    throw UserError(
        "packed documents need a token between them; give --prefix-token ID, bos or eos");
  return out;
}

std::string protocol_json(const TaskFlags& flags, const ModelFlags& model,
                          const Tokenizer* tokenizer, int max_length) {
  Json protocol;
  protocol["add_bos"] = tokenizer ? Json(tokenizer->adds_bos()) : Json(nullptr);
  protocol["max_length"] = max_length;
  protocol["over_long"] = model.over_long;
  protocol["prefix_token"] = flags.prefix_token;
  protocol["bpb_context"] = flags.bpb_context ? Json(*flags.bpb_context) : Json(nullptr);
  protocol["bpb_stride"] = flags.bpb_stride ? Json(*flags.bpb_stride) : Json(nullptr);
  protocol["bpb_window"] = flags.bpb_window;
  protocol["chat_template"] =
      tokenizer ? applied_chat_template(flags, *tokenizer).value_or("") : "";
  protocol["fewshot_as_multiturn"] = shots_are_turns(flags);
  if (!flags.chat_date.empty()) protocol["chat_date"] = flags.chat_date;
  if (!flags.chat_template_args.empty())
    protocol["chat_template_args"] = parse_json(flags.chat_template_args, "--chat-template-args");
  protocol["system_instruction"] = flags.system_instruction;
  return compact_json(protocol);
}

}  // namespace flm
