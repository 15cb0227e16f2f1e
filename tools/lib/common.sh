# Shared by the scripts in tools/. To be sourced; sets `root` (the tree) and some words to speak with.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build
logs=$build/logs
mkdir -p "$logs"

# Colour on a terminal only.
if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' dim='' red='' plain=''
fi

say() { printf '%s\n' "$*" >&2; }
die() {
    say "${red}$(basename "$0"): $1${plain}"
    shift
    for line in "$@"; do say "  $line"; done
    exit 4
}

# quietly LABEL LOG COMMAND…: runs the command with its output in LOG; says what and how long it took; on failure shows
# the end of the log.
quietly() {
    local label=$1 log=$2 started=$SECONDS
    shift 2
    if [[ -t 2 ]]; then printf '%s … ' "$label" >&2; else say "$label …"; fi
    if "$@" >"$log" 2>&1 </dev/null; then
        if [[ -t 2 ]]; then say "${dim}$((SECONDS - started)) s${plain}"; else say "  done in $((SECONDS - started)) s"; fi
    else
        local code=$?
        say "${red}failed (exit $code)${plain}; the end of $log:"
        tail -n 40 "$log" >&2
        return "$code"
    fi
}

# build_preset PRESET TARGET…: configure if need be, then build, with ninja's own progress on a terminal.
build_preset() {
    local preset=$1 dir=$build/$1
    shift
    if [[ ! -f $dir/build.ninja ]]; then
        quietly "Configuring the $preset build" "$logs/configure-$preset.log" \
            cmake -S "$root" --preset "$preset" || die "cmake could not configure the $preset build" \
            "see $logs/configure-$preset.log"
    fi
    if [[ -t 1 ]]; then
        cmake --build "$dir" --target "$@" >&2
    else
        quietly "Building $* ($preset)" "$logs/build-$preset.log" cmake --build "$dir" --target "$@"
    fi || die "the $preset build failed" "see the compiler's message above"
}
