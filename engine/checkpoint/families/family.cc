#include "engine/checkpoint/families/family.h"

#include "base/text/joined.h"
#include "engine/checkpoint/families/family_readers.h"

namespace flm {
namespace {

constexpr Activation kGelu = Activation::kGeluTanh, kRelu2 = Activation::kSquaredRelu;

/// By type. Defaults are those of transformers 5.24's classes, or of the published code of those
/// that it has no class of (baichuan, internlm2, minicpm, teleflm), whose eps is not known here.
const Family kFamilies[] = {
    {.type = "arcee", .read = read_arcee, .activation = kRelu2, .kv_heads_optional = true},
    {.type = "baichuan", .read = read_baichuan, .eps = 0, .kv_heads_optional = true},
    {.type = "cohere",
     .read = read_cohere,
     .norm_eps = "layer_norm_eps",
     .kv_heads_optional = true,
     .theta = 500000,
     .tied = true},
    {.type = "cohere2",
     .read = read_cohere2,
     .norm_eps = "layer_norm_eps",
     .kv_heads_optional = true,
     .tied = true},
    {.type = "cwm", .read = read_cwm, .head_dim = 128, .theta = 1e6},
    {.type = "ernie4_5", .read = read_ernie4_5, .head_dim = 128, .theta = 500000, .tied = true},
    {.type = "exaone4", .read = read_exaone4},
    {.type = "gemma",
     .read = read_gemma,
     .eps = 1e-6,
     .activation = kGelu,
     .head_dim = 256,
     .tied = true},
    {.type = "gemma2",
     .read = read_gemma2,
     .eps = 1e-6,
     .activation_key = "hidden_activation",
     .activation = kGelu,
     .head_dim = 256,
     .tied = true},
    {.type = "gemma3_text",
     .read = read_gemma3,
     .eps = 1e-6,
     .activation_key = "hidden_activation",
     .activation = kGelu,
     .head_dim = 256,
     .theta = 1e6,
     .tied = true,
     .local_theta = 10000},
    {.type = "glm", .read = read_glm, .eps = 1.5625e-7, .head_dim = 128, .partial = 0.5},
    {.type = "glm4", .read = read_glm4, .eps = 1.5625e-7, .head_dim = 128, .partial = 0.5},
    {.type = "granite", .read = read_granite, .eps = 1e-6, .kv_heads_optional = true},
    {.type = "helium", .read = read_helium, .eps = 1e-8, .head_dim = 128, .theta = 100000},
    {.type = "hunyuan_v1_dense", .read = read_hunyuan, .kv_heads_optional = true, .alpha = true},
    {.type = "internlm2", .read = read_internlm2, .eps = 0, .kv_heads_optional = true},
    {.type = "internlm3", .read = read_internlm3, .head_dim = 128},
    {.type = "jais2",
     .read = read_jais2,
     .norm_eps = "layer_norm_eps",
     .activation = kRelu2,
     .kv_heads_optional = true},
    {.type = "llama", .read = read_llama, .eps = 1e-6, .kv_heads_optional = true},
    {.type = "minicpm", .read = read_minicpm, .eps = 0, .kv_heads_optional = true, .tied = true},
    {.type = "ministral", .read = read_ministral, .eps = 1e-6},
    {.type = "ministral3", .read = read_ministral3, .head_dim = 128, .query_growth = true},
    {.type = "mistral", .read = read_mistral, .eps = 1e-6},
    {.type = "nemotron",
     .read = read_nemotron,
     .norm_eps = "norm_eps",
     .activation = kRelu2,
     .kv_heads_optional = true,
     .partial = 0.5},
    {.type = "olmo2", .read = read_olmo2, .kv_heads_optional = true},
    {.type = "olmo3",
     .read = read_olmo3,
     .kv_heads_optional = true,
     .theta = 500000,
     .local_theta = 500000},
    {.type = "phi3",
     .read = read_phi3,
     .kv_heads_optional = true,
     .partial = 1,
     .original_positions = 4096},
    {.type = "qwen2", .read = read_qwen2, .eps = 1e-6},
    {.type = "qwen3", .read = read_qwen3, .eps = 1e-6, .head_dim = 128},
    {.type = "seed_oss", .read = read_seed_oss, .eps = 1e-6, .head_dim = 128},
    {.type = "smollm3", .read = read_smollm3, .eps = 1e-6, .theta = 2e6, .tied = true},
    {.type = "stablelm", .read = read_stablelm, .norm_eps = "layer_norm_eps", .partial = 0.25},
    {.type = "starcoder2",
     .read = read_starcoder2,
     .norm_eps = "norm_epsilon",
     .activation = kGelu,
     .tied = true},
    {.type = "teleflm", .read = read_teleflm, .eps = 0, .kv_heads_optional = true},
    {.type = "vaultgemma",
     .read = read_vaultgemma,
     .eps = 1e-6,
     .activation_key = "hidden_activation",
     .activation = kGelu,
     .head_dim = 256,
     .tied = true},
};

}  // namespace

const Family* find_family(const std::string& model_type) {
  const std::string type = model_type == "TeleFLM" ? "teleflm" : model_type;
  for (const Family& family : kFamilies)
    if (type == family.type) return &family;
  return nullptr;
}

std::string known_families() { return joined(kFamilies, ", ", &Family::type); }

}  // namespace flm
