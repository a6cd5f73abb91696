// What a protocol says: the defaults of bits per byte, and the text whose hash tells runs apart.
#include "harness/plan/protocol.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "tests/harness/plan/byte_tokenizer.h"

namespace flm {
namespace {

TEST(BpbProtocols, AreFilledFromTheModelsContext) {
  const ByteTokenizer tokenizer(false);
  const auto name = [&](const BpbProtocol& asked, const TaskFlags& flags) {
    return resolve_bpb(asked, flags, tokenizer, 512).metric_name();
  };
  EXPECT_EQ(name({}, {}), "bpb@ctx512/stride256/prefix257/doc") << "half of the context";
  BpbProtocol asked;
  asked.context = 100;
  EXPECT_EQ(name(asked, {}), "bpb@ctx100/stride50/prefix257/doc");
  asked.stride = 30;
  EXPECT_EQ(name(asked, {}), "bpb@ctx100/stride30/prefix257/doc");
  TaskFlags flags;
  flags.bpb_context = 64;
  flags.prefix_token = "bos";
  EXPECT_EQ(name(asked, flags), "bpb@ctx64/stride30/prefix256/doc");
  asked.context = 1;
  asked.stride = std::nullopt;
  EXPECT_EQ(name(asked, {}), "bpb@ctx1/stride1/prefix257/doc");
}

/// Each is a reason not to hold two runs side by side.
TEST(Protocols, SayEverySettingThatTheyAreOf) {
  const auto protocol = [](const std::function<void(TaskFlags&, ModelFlags&)>& change) {
    TaskFlags flags;
    ModelFlags model;
    change(flags, model);
    return protocol_json(flags, model, nullptr, 512);
  };
  const std::map<std::string, std::function<void(TaskFlags&, ModelFlags&)>> changes = {
      {"over_long", [](TaskFlags&, ModelFlags& m) { m.over_long = "truncate-left"; }},
      {"prefix_token", [](TaskFlags& t, ModelFlags&) { t.prefix_token = "eos"; }},
      {"bpb_context", [](TaskFlags& t, ModelFlags&) { t.bpb_context = 64; }},
      {"bpb_stride", [](TaskFlags& t, ModelFlags&) { t.bpb_stride = 32; }},
      {"bpb_window", [](TaskFlags& t, ModelFlags&) { t.bpb_window = "rolling"; }},
      {"chat_date", [](TaskFlags& t, ModelFlags&) { t.chat_date = "2024-07-26"; }},
      {"chat_template_args", [](TaskFlags& t, ModelFlags&) { t.chat_template_args = "{}"; }},
      {"system_instruction",
       [](TaskFlags& t, ModelFlags&) { t.system_instruction = "Be brief."; }}};
  const std::string plain = protocol([](TaskFlags&, ModelFlags&) {});
  for (const auto& [setting, change] : changes) {
    const std::string other = protocol(change);
    EXPECT_NE(other, plain) << setting;
    EXPECT_NE(other.find("\"" + setting + "\""), std::string::npos) << other;
  }
  EXPECT_NE(protocol_json({}, {}, nullptr, 256), plain) << "the context";
  const ByteTokenizer with_bos(true), without(false);
  EXPECT_NE(protocol_json({}, {}, &with_bos, 512), protocol_json({}, {}, &without, 512));
}

}  // namespace
}  // namespace flm
