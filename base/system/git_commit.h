// The commit that a folder's git repository stands at, read from its files: nothing is executed.
#pragma once

#include <filesystem>
#include <string>

namespace flm {

/// The whole hash of HEAD of the repository that has its .git in `folder` itself (a folder, or the
/// file of a worktree or submodule that names one); "" where there is none, or no commit that can
/// be read (an unborn branch, reftable).
std::string git_commit_in(const std::filesystem::path& folder);

/// HEAD of the repository around `folder`, abbreviated as git does unless core.abbrev says
/// otherwise: what `git describe --always` prints where there are no tags. "" as above.
std::string short_git_commit_around(const std::filesystem::path& folder);

}  // namespace flm
