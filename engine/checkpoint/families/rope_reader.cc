#include "engine/checkpoint/families/rope_reader.h"

#include <cmath>
#include <optional>

#include "base/errors.h"
#include "engine/checkpoint/families/rope_scaling_reader.h"

namespace flm {
namespace {

/// What stands at the top and in the object, and is one.
std::optional<double> agreed(ConfigReader& outer, ConfigReader* inner, const std::string& key) {
  std::optional<double> top, nested;
  if (outer.has(key)) top = outer.positive(key);
  if (inner && inner->has(key)) nested = inner->positive(key);
  if (top && nested && *top != *nested)
    outer.refuse(key,
                 inner->origin() + " says " + compact_json(Json(*nested)) + "; keep one of them");
  return nested ? nested : top;
}

void read_turned_part(ConfigReader& reader, ConfigReader* rope, const Family& family,
                      ModelConfig& config) {
  const std::string key = "partial_rotary_factor";
  const bool known = family.partial > 0;
  const std::optional<double> given = agreed(reader, rope, key);
  // Missing is the class's part. Null is not: transformers 5.24 turns whole heads of glm with it,
  // and takes it nowhere else.
  if (known && !given && reader.is_null(key))
    reader.refuse(key, "say which part of a head is turned, or leave the key out");
  const double part = given.value_or(known ? family.partial : 1);
  if (part == 1) return;
  ConfigReader& said = rope && rope->has(key) ? *rope : reader;
  if (!known) said.refuse(key, "models of type " + config.model_type + " turn whole heads");
  const int dims = part < 1 ? static_cast<int>(config.head_dim * part) : 0;
  if (dims < 2 || dims % 2 != 0) {
    const std::string values = "an even number of a head's " + std::to_string(config.head_dim);
    if (given) said.refuse(key, "it must be " + values + " values");
    throw UserError(reader.origin() + ": " + key + " is missing, and " + compact_json(Json(part)) +
                    ", which its class takes then, is not " + values +
                    " values; take the model's own config.json");
  }
  config.rotary_dims = dims;
}

/// The base, which a fixed alpha stretches whatever the length: theta * alpha^(d / (d - 2)).
double stretched(double theta, double alpha, int dims, ConfigReader& rope) {
  if (dims <= 2) rope.refuse("alpha", "it needs heads of more than 2 values");
  const double base = theta * std::pow(alpha, static_cast<double>(dims) / (dims - 2));
  if (!std::isfinite(base)) rope.refuse("alpha", "the rotation's base is not finite with it");
  return base;
}

/// Original positions of a class that has them as a field: what stands beside the object counts,
/// whatever stands in it. 0: they are not said outside of it.
int original_positions(ConfigReader& reader, ConfigReader* rope, const Family& family) {
  const std::string key = kOriginalPositions;
  if (reader.has(key)) return reader.integer(key, 1);
  const int otherwise = family.original_positions;
  if (otherwise > 0 && rope && rope->has(key) && rope->integer(key, 1) != otherwise)
    rope->refuse(key, "transformers reads it outside of this object alone, and takes " +
                          std::to_string(otherwise) + " where it is missing there; move it out");
  return otherwise;
}

/// Of yarn and the like growth begins where their stretching does; the others do not read its key.
void read_query_growth(ConfigReader& rope, ModelConfig& config) {
  config.block.query_growth = rope.number("llama_4_scaling_beta");
  const std::string& type = config.rope.type;
  const bool stretched = type == "yarn" || type == "llama3" || type == "longrope";
  config.block.growth_positions = stretched ? static_cast<int>(config.rope.original_max_position)
                                            : rope.integer(kOriginalPositions, 1);
  rope.has("max_position_embeddings");  // a copy that nobody reads
}

/// One rotation for all layers, its base at the top or in the object.
void read_one_rotation(ConfigReader& reader, const std::string& key, const Family& family,
                       ModelConfig& config) {
  std::optional<ConfigReader> rope;
  if (reader.has(key)) {
    if (!reader.at(key).is_object()) reader.refuse(key, "it must be an object or null");
    rope.emplace(reader.at(key), reader.origin() + ": " + key);
  }
  ConfigReader* inner = rope ? &*rope : nullptr;
  const std::optional<double> theta = agreed(reader, inner, "rope_theta");
  config.rope_theta = theta.value_or(family.theta);
  read_turned_part(reader, inner, family, config);
  const int original = original_positions(reader, inner, family);
  if (!rope) return;
  const bool alpha = family.alpha && rope->has("alpha");
  if (alpha && rope_type(*rope, key) == "dynamic") {
    config.rope_theta =
        stretched(config.rope_theta, rope->positive("alpha"), config.head_dim, *rope);
    pass_unread_keys(*rope);
    rope->refuse_unknown({});
    return;
  }
  config.rope = read_rope_scaling(
      *rope, key, {config.max_positions, config.rope_theta, config.turned(), original});
  if (family.query_growth) read_query_growth(*rope, config);
  rope->refuse_unknown({});
}

/// One of two rotations.
RopeScaling read_scaling_of_two(ConfigReader& rope, const std::string& key, double theta,
                                const ModelConfig& config) {
  RopeScaling scaling =
      read_rope_scaling(rope, key, {config.max_positions, theta, config.turned()});
  if (rope.has("truncate") && !scaling.truncate)  // transformers 5.24 looks for it beside the two
    rope.refuse("truncate", "transformers does not read it where there are two rotations");
  scaling.truncate = true;
  rope.refuse_unknown({});
  return scaling;
}

/// The object of a layer type, or where it is missing the plain rotation with `theta`.
void read_rotation_of(ConfigReader& types, const std::string& type, const ModelConfig& config,
                      double otherwise, double& theta, RopeScaling& scaling) {
  theta = otherwise;
  if (!types.has(type)) return;
  if (!types.at(type).is_object()) types.refuse(type, "it must be an object or null");
  ConfigReader rope(types.at(type), types.origin() + ": " + type);
  theta = rope.positive_or("rope_theta", otherwise);
  scaling = read_scaling_of_two(rope, "rope_parameters", theta, config);
}

/// One for layers with windows and one for those without. Of the older spelling theta and scaling
/// are those of the latter.
void read_two_rotations(ConfigReader& reader, const std::string& key, const Family& family,
                        ModelConfig& config) {
  config.local_rope.original_max_position = config.max_positions;
  if (key == "rope_parameters" && reader.has(key)) {
    for (const char* old : {"rope_theta", "rope_local_base_freq"})
      if (reader.has(old)) reader.refuse(old, "it stands beside rope_parameters; keep one of them");
    if (!reader.at(key).is_object()) reader.refuse(key, "it must be an object or null");
    ConfigReader types(reader.at(key), reader.origin() + ": " + key);
    if (types.has("rope_type") || types.has("type"))
      reader.refuse(key, "models of type " + config.model_type +
                             " have two rotations: full_attention and sliding_attention in it");
    read_rotation_of(types, "full_attention", config, family.theta, config.rope_theta, config.rope);
    read_rotation_of(types, "sliding_attention", config, family.local_theta,
                     config.local_rope_theta, config.local_rope);
    for (RopeScaling* scaling : {&config.rope, &config.local_rope})
      if (scaling->type == "yarn") scaling->truncate = read_truncate(types);
    types.refuse_unknown({});
    return;
  }
  config.rope_theta = reader.positive_or("rope_theta", family.theta);
  config.local_rope_theta = family.local_theta;
  if (family.local_theta != family.theta)
    config.local_rope_theta = reader.positive_or("rope_local_base_freq", family.local_theta);
  else if (config.rope_theta != family.theta)  // transformers 4 takes it for all layers, 5 does not
    reader.refuse("rope_theta",
                  "releases of transformers differ in which layers take it; give rope_parameters");
  if (!reader.has(key)) return;
  if (!reader.at(key).is_object()) reader.refuse(key, "it must be an object or null");
  ConfigReader rope(reader.at(key), reader.origin() + ": " + key);
  if (rope.has("rope_theta")) config.rope_theta = *agreed(reader, &rope, "rope_theta");
  if (!rope.has("rope_type"))  // transformers 5 takes the scaling for none without it
    rope.refuse("rope_type", "releases of transformers differ in whether \"type\" says it");
  config.rope = read_scaling_of_two(rope, key, config.rope_theta, config);
}

}  // namespace

bool has_rope_scaling(ConfigReader& reader) {
  if (!reader.has("rope_scaling")) return false;
  const Json& said = reader.at("rope_scaling");
  return said != false && said != Json::object();
}

void read_rope(ConfigReader& reader, const Family& family, ModelConfig& config) {
  const std::string key = has_rope_scaling(reader) ? "rope_scaling" : "rope_parameters";
  if (key == "rope_scaling" && reader.has("rope_parameters")) {
    reader.refuse("rope_parameters", "it stands beside rope_scaling; keep one of them");
  }
  config.rope.original_max_position = config.max_positions;
  if (family.local_theta > 0)
    read_two_rotations(reader, key, family, config);
  else
    read_one_rotation(reader, key, family, config);
}

}  // namespace flm
