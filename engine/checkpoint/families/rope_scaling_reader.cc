#include "engine/checkpoint/families/rope_scaling_reader.h"

#include <algorithm>
#include <vector>

#include "base/errors.h"

namespace flm {
namespace {

constexpr const char* kOriginal = kOriginalPositions;

void read_factor(ConfigReader& reader, RopeScaling& rope) {
  rope.factor = reader.number("factor");
  if (rope.factor < 1) reader.refuse("factor", "it must be at least 1");
}

/// Where no factor is said: by how much the context was stretched.
void take_stretch_as_factor(const RopeContext& context, RopeScaling& rope) {
  rope.factor =
      static_cast<double>(context.max_positions) / static_cast<double>(rope.original_max_position);
}

/// The context of pretraining, in the object or outside of it; nowhere: max_position_embeddings.
void read_original(ConfigReader& reader, const RopeContext& context, RopeScaling& rope) {
  const std::int64_t outside = context.original_positions;
  if (outside > 0 && reader.has(kOriginal) && reader.integer(kOriginal, 1) != outside)
    reader.refuse(kOriginal, "config.json says " + std::to_string(outside) +
                                 " outside of it; keep one of them");
  rope.original_max_position =
      outside > 0 ? outside : reader.integer_or(kOriginal, 1, context.max_positions);
}

void read_llama3(ConfigReader& reader, RopeScaling& rope) {
  rope.low_freq_factor = reader.positive("low_freq_factor");
  rope.high_freq_factor = reader.positive("high_freq_factor");
  if (rope.high_freq_factor <= rope.low_freq_factor) {
    reader.refuse("high_freq_factor", "it must be larger than low_freq_factor");
  }
}

void read_yarn(ConfigReader& reader, double theta, RopeScaling& rope) {
  rope.attention_factor = reader.positive_or("attention_factor", 0);
  rope.beta_fast = reader.positive_or("beta_fast", 32);
  rope.beta_slow = reader.positive_or("beta_slow", 1);
  rope.mscale = reader.number_or("mscale", 0);
  rope.mscale_all_dim = reader.number_or("mscale_all_dim", 0);
  if (rope.beta_fast < rope.beta_slow) reader.refuse("beta_fast", "it must not be below beta_slow");
  rope.truncate = read_truncate(reader);
  if (theta == 1) throw UserError(reader.origin() + ": yarn needs a rope_theta other than 1");
}

/// A divisor for each frequency, positive.
std::vector<double> divisors(ConfigReader& reader, const char* key, int dims) {
  const Json& list = reader.at(key);
  const bool fits = list.is_array() && list.size() * 2 == static_cast<std::size_t>(dims);
  if (!fits || !std::all_of(list.begin(), list.end(),
                            [](const Json& value) { return value.is_number() && value > 0; }))
    reader.refuse(key, "it must be a list of " + std::to_string(dims / 2) + " positive numbers");
  return list.get<std::vector<double>>();
}

/// Two lists of divisors, for texts up to the original context and for longer ones. Longer ones are
/// not taken (longest_request), since there the figures of all positions are others.
void read_longrope(ConfigReader& reader, const RopeContext& context, RopeScaling& rope) {
  read_original(reader, context, rope);
  if (reader.has("factor"))
    read_factor(reader, rope);
  else
    take_stretch_as_factor(context, rope);
  rope.attention_factor = reader.positive_or("attention_factor", 0);
  rope.divisors = divisors(reader, "short_factor", context.dims);
  divisors(reader, "long_factor", context.dims);
  if (rope.original_max_position < 2)
    reader.refuse(kOriginal, "longrope needs a context of at least 2 positions");
}

}  // namespace

bool read_truncate(ConfigReader& reader) {
  return !reader.is_null("truncate") && reader.boolean_or("truncate", true);
}

std::string rope_type(ConfigReader& reader, const std::string& key) {
  const std::string old_name = reader.text_or("type", "");
  if (!reader.has("rope_type") && old_name.empty()) {
    if (key == "rope_parameters") return "default";
    reader.refuse("rope_type", "say which kind of scaling it is");
  }
  const std::string type = reader.text_or("rope_type", old_name);
  if (!old_name.empty() && old_name != type)
    reader.refuse("type", "it contradicts rope_type " + type);
  return type;
}

void pass_unread_keys(ConfigReader& reader) {
  for (const char* key :
       {"factor", kOriginal, "low_freq_factor", "high_freq_factor", "attention_factor", "beta_fast",
        "beta_slow", "mscale", "mscale_all_dim", "finetuned",
        "mrope_section"})  // the last of images' positions, which texts have along one axis
    reader.has(key);
}

RopeScaling read_rope_scaling(ConfigReader& reader, const std::string& key,
                              const RopeContext& context) {
  RopeScaling rope;
  rope.type = rope_type(reader, key);
  rope.original_max_position = context.max_positions;
  pass_unread_keys(reader);
  if (rope.type == "default") return rope;
  if (rope.type == "su") rope.type = "longrope";  // the first files of Phi-3
  if (rope.type == "longrope") {
    read_longrope(reader, context, rope);
    return rope;
  }
  if (rope.type != "linear" && rope.type != "llama3" && rope.type != "yarn" &&
      rope.type != "dynamic") {
    throw UserError(reader.origin() + ": unknown rope_type \"" + rope.type +
                    "\"; known are default, linear, llama3, yarn, dynamic, longrope");
  }
  if (rope.type == "llama3" || rope.type == "yarn") read_original(reader, context, rope);
  if (rope.type == "yarn" && reader.is_null("factor"))
    take_stretch_as_factor(context, rope);
  else
    read_factor(reader, rope);
  if (rope.type == "llama3") read_llama3(reader, rope);
  if (rope.type == "yarn") read_yarn(reader, context.theta, rope);
  return rope;
}

}  // namespace flm
