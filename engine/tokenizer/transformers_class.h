// Which class of transformers opens a tokenizer.json, where that class does not take it as it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/tokenizer/config.h"

namespace flm {

/// Classes of transformers 5.24 that take vocabulary and merges from a tokenizer.json and put steps
/// of their own in place of the file's. kNone: any other; those that matter here follow the file.
enum class RebuildingClass {
  kNone,
  kLlama,
  kCodeLlama,
  kGemma,
  kGpt2,
  kCodeGen,
  kGptNeoX,
  kCohere,
  kQwen2,
  kQwen3_5
};

/// What AutoTokenizer of transformers 5.24 chooses by tokenizer_class and model_type; `byte_level`:
/// whether the file has a ByteLevel.
RebuildingClass class_in_transformers_5(const TokenizerConfig& config, bool byte_level);

/// "Qwen2Tokenizer".
std::string name_of(RebuildingClass which);

/// What a class calls bos_token and the others where no file has the key.
std::vector<NamedText> special_texts_of(RebuildingClass which);

/// tokenizer_class without "Fast", or what stands for it in config.json; "" where none is named.
std::string declared_class(const TokenizerConfig& config);

/// A fast class of transformers 4 (4.57) that builds the tokens around a text anew, as
/// add_bos_token and add_eos_token ask, whatever the file has.
struct TemplateBuilder {
  std::string name;       // "LlamaTokenizer"
  bool adds_bos = false;  // where add_bos_token is not given
};

/// None: the class that transformers 4 takes follows the file.
std::optional<TemplateBuilder> template_builder_in_transformers_4(const TokenizerConfig& config);

}  // namespace flm
