// flmeval bench: hands over to flmeval-bench in the same folder.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// Replaces this process; `arguments` are those after `bench`. UserError when the program is not
/// there.
void start_bench_program(const std::vector<std::string>& arguments);

}  // namespace flm
