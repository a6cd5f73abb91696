#!/bin/sh
# format_test.sh ROOT: every source of ours is what clang-format 14 makes of it (.clang-format).
# Exit 77 (skipped) where that version is not installed: others format differently.
root=$1
if ! command -v clang-format-14 >/dev/null; then
  echo "skipped: clang-format-14 is not here (apt-get install clang-format-14)"
  exit 77
fi
cd "$root" || exit 1
find base datasets tasks engine reports harness bench tests \
  \( -name '*.cc' -o -name '*.h' -o -name '*.cu' -o -name '*.cuh' \) -print0 2>/dev/null |
  xargs -0 clang-format-14 --dry-run --Werror
