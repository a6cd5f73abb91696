// From a row to its requests: templates, shots, prompt, hashes.
#pragma once

#include <string>
#include <vector>

#include "tasks/items/configurable_task.h"
#include "tasks/items/doc_renderer.h"
#include "tasks/items/fewshot.h"
#include "tasks/items/prompt.h"
#include "tasks/items/rendered.h"
#include "tasks/items/task_documents.h"

namespace flm {

/// The templates of one task, parsed once. Spec, settings and documents outlive it.
class ItemRenderer {
 public:
  ItemRenderer(const TaskSpec& spec, const TaskSettings& settings, const TaskDocuments& documents,
               int shots);

  Rendered render(const PyValue& document) const;
  PyValue target(const PyValue& document) const { return renderer_.target(document); }
  /// The documents in the order in which shots are drawn for them. One that cannot be rendered has
  /// its error; where none can, it is the task's: UserError.
  std::vector<TaskItem> items(std::span<const std::int64_t> ids) const;

 private:
  TaskItem item(std::int64_t id, FewshotSampler& sampler) const;
  void check_choices(TaskItem& item, const Rendered& doc) const;
  void render_requests(TaskItem& item, const PyValue& document, FewshotSampler& sampler) const;
  Turn shot(std::size_t row) const;
  Turn rendered_shot(std::size_t row) const;
  Turn turn(const Rendered& doc, std::size_t choice) const;
  bool first_text_is_an_index() const;
  void add_requests(TaskItem& item, const Rendered& doc, const std::vector<Turn>& shots,
                    const std::string& system) const;
  void add_choices(TaskItem& item, TaskRequest request, const Rendered& doc,
                   const std::vector<Turn>& shots, const std::string& system) const;
  std::string context(const std::string& system, const std::vector<Turn>& shots,
                      const Turn& last) const;
  std::string choice_delimiter() const;

  const TaskSpec& spec_;
  const TaskSettings& settings_;
  const TaskDocuments& documents_;
  int shots_;
  DocRenderer renderer_, shot_renderer_;
  RenderRule description_, gen_prefix_, shot_prefix_, cluster_;
  GenerationOptions generation_;
  bool multiple_inputs_;
};

}  // namespace flm
