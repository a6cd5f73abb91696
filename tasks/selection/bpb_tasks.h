// Bits per byte: one task a domain of the data root, made from one template file.
#pragma once

#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "tasks/files/task_file.h"

namespace flm {

/// bpb, bpb_LANG or bpb_LANG_DOMAIN.
bool is_bpb_name(const std::string& name);

/// bpb_en_books of en/books.
std::string bpb_task_name(std::string domain);

/// The task files of the domains that `name` chooses; UserError lists the domains there are.
std::vector<TaskFile> bpb_task_files(const std::string& name, const DatasetCatalog& catalog);

}  // namespace flm
