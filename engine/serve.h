// What the processes of a job do that do not lead it.
#pragma once

#include "engine/nodes/job.h"

namespace flm {

/// Answers the leader: opens and loads the models that it names, scores and generates with them,
/// until it says that the job is done, and with which exit code: that. What goes wrong is told to
/// the leader. Throws NodeLost where the leader is lost.
int serve(Job& job);

}  // namespace flm
