#include "tasks/selection/bpb_tasks.h"

#include <algorithm>

#include "base/errors.h"
#include "tasks/selection/task_index.h"

namespace flm {
namespace {

TaskKey text_key(const std::string& name, const std::string& text, const std::string& file) {
  TaskKey key{name, {}, file};
  key.value.kind = YamlNode::Kind::kString;
  key.value.text = text;
  key.value.line = 1;
  return key;
}

}  // namespace

std::string bpb_task_name(std::string domain) {
  std::replace(domain.begin(), domain.end(), '/', '_');
  return "bpb_" + domain;
}

bool is_bpb_name(const std::string& name) { return name == "bpb" || name.starts_with("bpb_"); }

std::vector<TaskFile> bpb_task_files(const std::string& name, const DatasetCatalog& catalog) {
  const std::string path = definitions_folder() + "/bpb/_bpb_template_yaml";
  const TaskFile form = read_task_file(path);
  std::vector<TaskFile> files;
  std::string known;
  for (const std::string& domain : catalog.bpb_domains()) {
    const std::string task = bpb_task_name(domain);
    known += (known.empty() ? "" : ", ") + task;
    if (task != name && !(task + "_").starts_with(name + "_")) continue;
    TaskFile file = form;
    file.set(text_key("task", task, path));
    file.set(text_key("task_alias", domain, path));
    file.set(text_key("dataset_name", domain, path));
    files.push_back(std::move(file));
  }
  if (files.empty()) {
    throw UserError(
        "no bits-per-byte text for " + name + "; " +
        (known.empty()
             ? std::string("put bpb/LANG/DOMAIN.jsonl, packed or not, into the data root, which is "
                           "the folder above bpb/")
             : "there are bpb, " + known));
  }
  return files;
}

}  // namespace flm
