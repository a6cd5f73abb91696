// The families of models whose config.json is understood: what differs from Llama in each.
#pragma once

#include <string>

#include "engine/checkpoint/config/config_reader.h"
#include "engine/checkpoint/config/model_config.h"

namespace flm {

/// One model_type. The keys that all families share are read by its defaults, the rest by `read`,
/// which gets a configuration whose shape, heads, rotation and activation are known.
struct Family {
  const char* type = "";
  void (*read)(ConfigReader& reader, ModelConfig& config) = nullptr;
  const char* norm_eps = "rms_norm_eps";      // the key
  double eps = 1e-5;                          // where it is missing; 0: it must be there
  const char* activation_key = "hidden_act";  // and its class's default
  Activation activation = Activation::kSilu;
  int head_dim = 0;                // where the key is missing; 0: hidden_size / heads
  bool kv_heads_optional = false;  // where missing as many as heads; else its class has a number
  double theta = 10000;            // where no key says it
  bool tied = false;               // where the key is missing
  double partial = 0;  // of a head that is turned, where no key says it; 0: heads are turned whole
  bool alpha = false;  // a rope object's alpha changes the base
  bool query_growth = false;   // a rope object has llama_4_scaling_beta
  double local_theta = 0;      // layers with windows have a rotation of their own; its base
  int original_positions = 0;  // the class has original_max_position_embeddings beside the rope
                               // object, and what stands there counts; 0: it has not
};

/// Null where the type is unknown.
const Family* find_family(const std::string& model_type);
/// "arcee, cohere, ...", for an error.
std::string known_families();

}  // namespace flm
