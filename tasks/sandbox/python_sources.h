// The two Python programs of the sandbox, taken into the binary by CMake from the .py files beside
// this one.
#pragma once

namespace flm {

extern const char* const kCandidateProgram;  // values, sharing, candidate
extern const char* const kCheckerProgram;    // values, sharing, standins, checker

}  // namespace flm
