// The end of a process's part in a job.
#pragma once

/// By all processes, after their last message: returns when nobody needs this one any more. 0, or
/// a code of MPI.
int leave_job();
