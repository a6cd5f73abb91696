#include "engine/checkpoint/model_config.h"

#include "base/files.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/folder_diagnosis.h"

namespace flm {

ModelConfig read_model_config(const std::string& folder) {
  require_checkpoint_folder(folder);
  const std::string path = folder + "/config.json";
  refuse_lfs_pointer(path);
  return parse_model_config(read_file(path), path);
}

}  // namespace flm
