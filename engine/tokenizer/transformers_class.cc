#include "engine/tokenizer/transformers_class.h"

#include <array>
#include <set>
#include <string_view>

namespace flm {
namespace {

using Names = std::set<std::string_view>;

struct Known {
  RebuildingClass which;
  std::string_view name;
  Names model_types;  // for which transformers registers it
};

/// TOKENIZER_MAPPING_NAMES of transformers 5.24 (models/auto/tokenization_auto.py): of language
/// models, those with a class that rebuilds.
const std::array<Known, 9>& rebuilding_classes() {
  static const std::array<Known, 9> all = {
      {{RebuildingClass::kLlama, "LlamaTokenizer", {"idefics", "idefics2"}},
       {RebuildingClass::kCodeLlama, "CodeLlamaTokenizer", {"code_llama"}},
       {RebuildingClass::kGemma,
        "GemmaTokenizer",
        {"gemma", "gemma2", "gemma3", "gemma3_text", "gemma3n", "gemma3n_text", "recurrent_gemma",
         "shieldgemma2", "t5gemma", "zaya", "diffusion_gemma"}},
       {RebuildingClass::kGpt2,
        "GPT2Tokenizer",
        {"blip-2", "codegen", "dbrx", "emu3", "gpt2", "gpt_neo", "gptj", "hyperclovax_vision_v2",
         "jais2", "opt", "phi", "starcoder2"}},
       {RebuildingClass::kCodeGen, "CodeGenTokenizer", {}},
       {RebuildingClass::kGptNeoX,
        "GPTNeoXTokenizer",
        {"falcon_mamba", "gpt_neox", "mamba", "mamba2", "mpt", "olmo", "olmoe", "rwkv", "xlstm"}},
       {RebuildingClass::kCohere, "CohereTokenizer", {"aya_vision", "cohere", "cohere2"}},
       {RebuildingClass::kQwen2,
        "Qwen2Tokenizer",
        {"internvl", "ovis2", "qwen2", "qwen2_5_omni", "qwen2_5_vl", "qwen2_audio", "qwen2_moe",
         "qwen2_vl", "qwen3", "qwen3_moe", "qwen3_next", "qwen3_omni_moe", "qwen3_vl",
         "qwen3_vl_moe", "qwen3_asr", "hunyuan_vl", "qianfan_ocr", "colqwen2"}},
       {RebuildingClass::kQwen3_5,
        "Qwen3_5Tokenizer",
        {"qwen3_5", "qwen3_5_moe", "qwen3_5_moe_text", "qwen3_5_text", "qwen4_exp"}}}};
  return all;
}

/// Registered there for TokenizersBackend, which follows the file whatever tokenizer_class says:
/// so in the same list, or by MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS.
bool follows_the_file(std::string_view model_type) {
  static const Names all = {"aria",
                            "arctic",
                            "chatlm",
                            "ernie4_5",
                            "ernie4_5_moe",
                            "flex_olmo",
                            "fuyu",
                            "glm",
                            "glm4",
                            "glm4_moe",
                            "glm4_moe_lite",
                            "glm4v",
                            "glm4v_moe",
                            "gpt_bigcode",
                            "granite",
                            "granitemoe",
                            "got_ocr2",
                            "granitemoehybrid",
                            "granitemoeshared",
                            "h2ovl_chat",
                            "hyperclovax",
                            "hyperclovax_vlm",
                            "internlm2",
                            "internlm3",
                            "iquestcoder",
                            "jamba",
                            "kimi_k25",
                            "kimi_linear",
                            "llava",
                            "llava_next",
                            "mimo_v2_flash",
                            "minicpm3",
                            "minicpmv",
                            "minicpmv4_6",
                            "minicpmv4_7",
                            "minimax_m2",
                            "molmo",
                            "molmo2",
                            "nemotron",
                            "olmo2",
                            "olmo3",
                            "olmo_hybrid",
                            "opencua",
                            "persimmon",
                            "phi3",
                            "phi3_v",
                            "phimoe",
                            "smolvlm",
                            "stablelm",
                            "step3_vl",
                            "vipllava"};
  return all.contains(model_type);
}

/// Registered for MistralCommonBackend, which needs a tekken.json and mistral-common; without them
/// it is TokenizersBackend again.
bool is_mistral(std::string_view model_type) {
  static const Names all = {"ministral",      "ministral3", "mistral", "mistral3",
                            "mistral_large4", "mixtral",    "pixtral", "voxtral"};
  return all.contains(model_type);
}

/// Of MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS those whose registered class rebuilds: it is taken
/// whatever tokenizer_class says.
bool overrules_the_declared(std::string_view model_type) {
  static const Names all = {"hyperclovax_vision_v2", "qwen2",    "qwen3_5", "qwen3_5_moe",
                            "qwen3_5_moe_text",      "qwen4_exp"};
  return all.contains(model_type);
}

RebuildingClass named_class(std::string_view name) {
  for (const Known& one : rebuilding_classes())
    if (one.name == name) return one.which;
  return RebuildingClass::kNone;
}

RebuildingClass registered_class(std::string_view model_type) {
  for (const Known& one : rebuilding_classes())
    if (one.model_types.contains(model_type)) return one.which;
  return RebuildingClass::kNone;
}

/// TOKENIZER_MAPPING_NAMES of transformers 4.57, where it is not that of 5.24.
std::string registered_in_transformers_4(std::string_view model_type) {
  static const Names llama = {"arcee",    "aria",         "deepseek_v2", "deepseek_v3", "diffllama",
                              "ernie4_5", "ernie4_5_moe", "jamba",       "jetmoe",      "llama",
                              "llama4",   "llama4_text",  "llava",       "llava_next",  "ministral",
                              "mistral",  "mistral3",     "mixtral",     "mllama",      "persimmon",
                              "phi3",     "phimoe",       "vipllava",    "zamba",       "zamba2"};
  if (llama.contains(model_type)) return "LlamaTokenizer";
  if (model_type == "olmo2" || model_type == "stablelm") return "GPTNeoXTokenizer";
  return name_of(registered_class(model_type));
}

}  // namespace

std::string declared_class(const TokenizerConfig& config) {
  std::string name =
      config.tokenizer_class.empty() ? config.model_tokenizer_class : config.tokenizer_class;
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  return name;
}

RebuildingClass class_in_transformers_5(const TokenizerConfig& config, bool byte_level) {
  if (config.own_class) return RebuildingClass::kNone;
  const std::string declared = declared_class(config);
  const RebuildingClass registered = registered_class(config.model_type);
  if (overrules_the_declared(config.model_type)) return registered;
  if (follows_the_file(config.model_type) || is_mistral(config.model_type))
    return RebuildingClass::kNone;
  if (declared.empty()) return registered;
  if (declared == "LlamaTokenizer" && byte_level) return RebuildingClass::kNone;
  return named_class(declared);
}

std::vector<NamedText> special_texts_of(RebuildingClass which) {
  constexpr const char* kEnd = "<|endoftext|>";
  switch (which) {
    case RebuildingClass::kNone:
      return {};
    case RebuildingClass::kLlama:
      return {{"bos_token", "<s>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"}};
    case RebuildingClass::kCodeLlama:
      return {{"bos_token", "<s>"},
              {"eos_token", "</s>"},
              {"unk_token", "<unk>"},
              {"prefix_token", "\u2581<PRE>"},
              {"middle_token", "\u2581<MID>"},
              {"suffix_token", "\u2581<SUF>"},
              {"eot_token", "\u2581<EOT>"},
              {"fill_token", "<FILL_ME>"}};
    case RebuildingClass::kGemma:
      return {{"bos_token", "<bos>"},
              {"eos_token", "<eos>"},
              {"unk_token", "<unk>"},
              {"pad_token", "<pad>"},
              {"mask_token", "<mask>"}};
    case RebuildingClass::kGpt2:
    case RebuildingClass::kCodeGen:
      return {{"bos_token", kEnd}, {"eos_token", kEnd}, {"unk_token", kEnd}};
    case RebuildingClass::kGptNeoX:
      return {{"bos_token", kEnd},
              {"eos_token", kEnd},
              {"unk_token", kEnd},
              {"pad_token", "<|padding|>"}};
    case RebuildingClass::kCohere:
      return {{"bos_token", "<BOS_TOKEN>"},  {"eos_token", "<|END_OF_TURN_TOKEN|>"},
              {"unk_token", "<UNK>"},        {"pad_token", "<PAD>"},
              {"sep_token", "<SEP>"},        {"cls_token", "<CLS>"},
              {"mask_token", "<MASK_TOKEN>"}};
    case RebuildingClass::kQwen2:
    case RebuildingClass::kQwen3_5:
      return {{"eos_token", kEnd}, {"unk_token", kEnd}, {"pad_token", kEnd}};
  }
  return {};
}

std::string name_of(RebuildingClass which) {
  for (const Known& one : rebuilding_classes())
    if (one.which == which) return std::string(one.name);
  return "";
}

std::optional<TemplateBuilder> template_builder_in_transformers_4(const TokenizerConfig& config) {
  if (config.own_class) return std::nullopt;
  static const std::array<TemplateBuilder, 5> all = {{{"LlamaTokenizer", true},
                                                      {"CodeLlamaTokenizer", true},
                                                      {"GemmaTokenizer", true},
                                                      {"CohereTokenizer", true},
                                                      {"GPTNeoXTokenizer", false}}};
  std::string name = declared_class(config);
  if (name.empty()) name = registered_in_transformers_4(config.model_type);
  for (const TemplateBuilder& one : all)
    if (one.name == name) return one;
  return std::nullopt;
}

}  // namespace flm
