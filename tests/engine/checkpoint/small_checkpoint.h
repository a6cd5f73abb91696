// A checkpoint made in the test: one layer, hidden 8, bf16.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"

namespace flm {

inline Json small_config() {
  return {
      {"model_type", "llama"},         {"hidden_size", 8},         {"intermediate_size", 12},
      {"num_hidden_layers", 1},        {"num_attention_heads", 2}, {"vocab_size", 10},
      {"max_position_embeddings", 16}, {"rms_norm_eps", 1e-5},     {"tie_word_embeddings", false}};
}

struct SmallTensor {
  std::string dtype = "BF16";
  std::vector<std::int64_t> shape;
  std::string bytes;
};
using SmallTensors = std::map<std::string, SmallTensor>;

/// bf16 values near 1, different in every tensor.
inline SmallTensors small_tensors(const ModelConfig& config) {
  SmallTensors out;
  unsigned next = 0;
  for (const WeightSpec& spec : expected_weights(config)) {
    SmallTensor& tensor = out[spec.name];
    tensor.shape = spec.shape;
    std::int64_t count = 1;
    for (std::int64_t n : spec.shape) count *= n;
    for (std::int64_t i = 0; i < count; ++i, ++next) {
      tensor.bytes += static_cast<char>(next * 37 % 128);
      tensor.bytes += static_cast<char>(0x3F);
    }
  }
  return out;
}

/// `padding` spaces after the header shift the data.
inline std::string safetensors_of(const SmallTensors& tensors, int padding = 0) {
  Json header = Json::object();
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = data.size();
    data += tensor.bytes;
    header[name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  return safetensors_file(header.dump() + std::string(static_cast<std::size_t>(padding), ' '),
                          data);
}

/// The folder of a checkpoint whose config and tensors the test may change first.
class SmallCheckpoint {
 public:
  explicit SmallCheckpoint(const Json& changes = Json::object()) {
    config = small_config();
    config.update(changes);
    folder.write("config.json", config.dump());
    tensors = small_tensors(read_model_config(folder.path()));
  }
  std::string write(int padding = 0) const {
    folder.write("config.json", config.dump());
    folder.write("model.safetensors", safetensors_of(tensors, padding));
    return folder.path();
  }
  TemporaryFolder folder;
  Json config;
  SmallTensors tensors;
};

inline std::shared_ptr<WeightTable> open_table(const std::string& folder) {
  return WeightTable::open(folder, read_model_config(folder));
}

/// Sets an environment variable for the object's lifetime.
class ScopedEnvironment {
 public:
  ScopedEnvironment(const char* name, const std::string& value) : name_(name) {
    const char* old = std::getenv(name);
    had_ = old != nullptr;
    if (had_) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~ScopedEnvironment() { had_ ? setenv(name_, old_.c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  bool had_;
  std::string old_;
};

}  // namespace flm
