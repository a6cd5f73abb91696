// A backend whose operations are measured.
#pragma once

#include <memory>

#include "engine/backend/backend.h"
#include "engine/backend/operation_log.h"

namespace flm {

/// The operations, bits and errors of `backend`, with what each takes in `log`: by the backend's
/// own clock, read when an operation has waited for the others anyway. replay() is plain, for a
/// recorded step cannot be measured from within.
std::unique_ptr<Backend> make_timed_backend(std::unique_ptr<Backend> backend,
                                            std::shared_ptr<OperationLog> log);

}  // namespace flm
