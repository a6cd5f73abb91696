#include "tasks/files/refused_keys.h"

#include <map>
#include <string>

#include "tasks/files/readers.h"

namespace flm {

void refuse_key(const TaskKey& key) {
  static const std::map<std::string, std::string> reasons = {
      {"use_prompt",
       "use_prompt takes its templates from the promptsource package or a prompt library, which "
       "are "
       "not read here; write them into doc_to_text and doc_to_target: "},
      {"doc_to_image", "doc_to_image: only text is scored here; leave tasks with images out: "},
      {"doc_to_audio", "doc_to_audio: only text is scored here; leave tasks with sound out: "},
      {"custom_dataset",
       "custom_dataset is Python, which does not run here; write the rows into a file and name it "
       "in dataset_kwargs: "}};
  if (!key.value.is_null()) fail_at(key.where(), reasons.at(key.name) + key.value.text);
}

}  // namespace flm
