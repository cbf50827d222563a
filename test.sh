#!/usr/bin/env bash
# Builds Portunus and runs every test. The last line is "N passed, N failed, N skipped".
#   ./test.sh              unit, simulation, binding and end-to-end tests; unit and simulation again
#                          under sanitizers; fuzz targets 3 s each
#   ./test.sh --long       everything at full length: all seeds, 20 s a fuzz target, TSan
#   ./test.sh --asan       only the sanitizer build (address, undefined behaviour)
#   ./test.sh --tsan       only the thread sanitizer build
#   ./test.sh --fuzz-time S   seconds for each fuzz target
#   ./test.sh --no-e2e     without browsers
set -uo pipefail
cd "$(dirname "$0")"

long=0 only='' fuzz_time=3 e2e=1
while [ $# -gt 0 ]; do
  case $1 in
    --long) long=1; fuzz_time=20; export PTN_LONG=1 ;;
    --asan|--tsan) only=$1 ;;
    --fuzz-time) fuzz_time=${2:?}; shift ;;
    --no-e2e) e2e=0 ;;
    -h|--help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "test.sh: unknown argument '$1' (see --help)" >&2; exit 2 ;;
  esac
  shift
done

passed=0 failed=0 skipped=0

finish() {
  echo
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}
give_up() {
  echo "test.sh: $1" >&2
  failed=$((failed + 1))
  finish
}
step() { printf '\n== %s\n' "$*"; }

# meson's log, one JSON object a line, says how each test ended
count_meson() {
  read -r p f s < <(python3 - "$1" <<'PY'
import json, sys
ok = bad = skip = 0
for line in open(sys.argv[1]):
    result = json.loads(line)["result"]
    if result in ("OK", "EXPECTEDFAIL"): ok += 1
    elif result == "SKIP": skip += 1
    else: bad += 1
print(ok, bad, skip)
PY
)
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}
run_meson() { # folder, further arguments
  local folder=$1
  shift
  rm -f "$folder/meson-logs/testlog.json"
  meson test -C "$folder" --no-rebuild --print-errorlogs -t 4 "$@"
  count_meson "$folder/meson-logs/testlog.json"
}

step dependencies
groups=(build test)
[ "$e2e" -eq 1 ] && [ -z "$only" ] && groups+=(e2e)
scripts/deps "${groups[@]}" || give_up "the dependencies could not be installed"

sanitized() { # --asan or --tsan
  step "build $1"
  scripts/build "$1" || give_up "the $1 build failed"
  step "tests $1"
  export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/tests/tsan.supp
  run_meson "build-${1#--}" --suite unit --suite sim --suite fuzz --suite load
}

if [ -n "$only" ]; then
  sanitized "$only"
  finish
fi

step build
scripts/build || give_up "the build failed"
step tests
run_meson build

if [ "$long" -eq 1 ]; then
  for loops in 1 4; do
    step "load, $loops media loops"
    PTN_LOOPS=$loops run_meson build --suite load
  done
fi

sanitized --asan
[ "$long" -eq 1 ] && sanitized --tsan

step "fuzz targets, $fuzz_time s each"
if scripts/build --fuzz; then
  for target in build-fuzz/fuzz/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=$(basename "$target")
    corpus=fuzz/corpus/${name#fuzz_}
    work=build-fuzz/work/$name
    mkdir -p "$work"
    if "$target" -max_total_time="$fuzz_time" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 \
         -artifact_prefix="build-fuzz/" "$work" "$corpus" >"build-fuzz/$name.log" 2>&1; then
      passed=$((passed + 1))
    else
      echo "FAILED: $name"; tail -40 "build-fuzz/$name.log"
      failed=$((failed + 1))
    fi
  done
else
  give_up "the fuzz targets could not be built"
fi

if [ "$e2e" -eq 1 ] && [ -f tests/e2e/package.json ]; then
  step "end to end"
  if (cd tests/e2e && npm ci --no-audit --no-fund --ignore-scripts); then
    log=build/e2e.tap
    (cd tests/e2e && node --test --test-reporter=tap) >"$log" 2>&1
    grep -E '^(not ok|# (tests|pass|fail|skipped))' "$log"
    grep -q '^# fail 0' "$log" || tail -80 "$log"
    get() { sed -n "s/^# $1 //p" "$log" | tail -1; }
    p=$(get pass) f=$(get fail) s=$(get skipped)
    if [ -z "$p" ]; then
      failed=$((failed + 1))
    else
      passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    fi
  else
    echo "the end-to-end tests' packages could not be installed"
    failed=$((failed + 1))
  fi
fi

finish
