# Fresh systems of other releases, sourced by scripts/package-check and scripts/recording. Needs root (chroot, overlays),
# debootstrap and a mirror: a system is made once, below FLM_SYSTEMS (/var/tmp/flm-systems).
systems=${FLM_SYSTEMS:-/var/tmp/flm-systems}
[ "$(id -u)" -eq 0 ] || { echo "${0##*/}: must be root, for chroot and mount" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "${0##*/}: no debootstrap here (apt-get install debootstrap)" >&2; exit 2; }

make_system() { # RELEASE
  [ -e "$systems/$1.ready" ] && return
  mkdir -p "$systems"
  local source=("$1" "$systems/$1")
  case $1 in
    jammy | noble) # Debian has neither Ubuntu's keys nor a script of its newest release
      source=(--no-check-gpg --components=main,universe "$1" "$systems/$1" http://archive.ubuntu.com/ubuntu
        /usr/share/debootstrap/scripts/jammy) ;;
  esac
  debootstrap --variant=minbase --include=xz-utils,python3-venv "${source[@]}" >"$systems/$1.log" 2>&1 ||
    { tail -3 "$systems/$1.log" >&2; return 1; }
  touch "$systems/$1.ready"
}

# inside NETWORK SYSTEM UPPER USER FOLDER: the script on stdin, in a system of which this run sees its own copy alone;
# FOLDER is its /given.
inside() {
  local network=()
  [ "$1" = network ] || network=(--net)
  unshare --mount --pid --fork ${network[@]+"${network[@]}"} bash -euc '
    system=$1 upper=$2 user=$3
    mkdir -p "$upper"/{above,work,root}
    mount -t overlay overlay -o "lowerdir=$system,upperdir=$upper/above,workdir=$upper/work" "$upper/root"
    mkdir -p "$upper/root/given"
    mount --bind "$4" "$upper/root/given"
    mount -t proc proc "$upper/root/proc"
    exec chroot --userspec="$user" "$upper/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/tester LC_ALL=C.UTF-8 sh -euc "$(cat)"
  ' inside "$2" "$3" "$4" "$5"
}
