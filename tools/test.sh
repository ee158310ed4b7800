#!/usr/bin/env bash
# Everything that must hold, stage by stage, each with its seconds; stops at the first that fails. pytest comes last, so that
# its closing line is the last line. `--lint`: only the stages that read. Other arguments go to pytest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lint_only=0
if [ "${1:-}" = --lint ]; then lint_only=1; shift; fi

bin=.venv/bin
finder=("$bin/python" tools/find_or_build.py)

stage() { # title, then the command
  local title=$1 began=$SECONDS
  shift
  printf '\n== %s\n' "$title"
  if ! "$@"; then
    printf '== FAILED: %s (%s s)\n' "$title" "$((SECONDS - began))" >&2
    exit 1
  fi
  printf '== %s: %s s\n' "$title" "$((SECONDS - began))"
}

# mypy reads for longer than all other stages that read take together: it runs beside them, and is told where they end.
types_log=$(mktemp)
types_pid=
trap '[ -z "$types_pid" ] || kill "$types_pid" 2>/dev/null || true; rm -f "$types_log"' EXIT
begin_types() { stage "mypy" "$bin/mypy" >"$types_log" 2>&1 & types_pid=$!; }
end_types() {
  local failed=0
  wait "$types_pid" || failed=1
  types_pid=
  cat "$types_log"
  [ "$failed" = 0 ] || exit 1
}

left_out() { printf '\n== LEFT OUT: %s\n' "$*"; }

policies() {
  local opa regal
  opa=$("${finder[@]}" --path opa)
  regal=$("${finder[@]}" --path regal)
  if [ -n "$opa" ]; then
    stage "opa fmt" "$opa" fmt --fail --list policies/rego
    stage "opa check" "$opa" check --strict --bundle --schema policies/rego/schemas policies/rego
  else
    left_out "opa fmt and opa check, for want of OPA"
  fi
  if [ -n "$regal" ]; then stage "regal lint" "$regal" lint policies/rego; else left_out "regal lint, for want of Regal"; fi
  stage "policy check" "$bin/addin-backend" policy check
}

manifest() {
  stage "manifest lint" "$bin/addin-backend" manifest lint
}

frontend() {
  local tests=(tests/frontend/*.test.mjs)
  [ -e "${tests[0]}" ] || return 0
  if command -v node >/dev/null; then
    stage "front-end tests" node --test "${tests[@]}"
  elif [ "${ALLOW_MISSING:-}" = 1 ]; then
    left_out "front-end tests, for want of Node.js"
  else
    echo "The front-end tests need Node.js 20 or newer on PATH; ALLOW_MISSING=1 leaves them out." >&2
    exit 1
  fi
}

stage "tools" "${finder[@]}"
stage "ruff format" "$bin/ruff" format --check --quiet .
stage "ruff check" "$bin/ruff" check --quiet .
begin_types
stage "import table" "$bin/lint-imports" --no-logo
policies
manifest
if [ "$lint_only" = 1 ]; then end_types; exit 0; fi
generated=1000 # both engines answer them; the full count is the command's own default
[ "${FULL:-}" = 1 ] && generated=20000
stage "policy test" "$bin/addin-backend" policy test --generated "$generated"
frontend
end_types
rm -f "$types_log"
unset PYTHONDONTWRITEBYTECODE # images set it; every one of the suite's hundreds of processes would then compile what it imports
# One pytest worker a core, four at the most; JOBS=1 runs all in one process, which a debugger needs.
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
if [ "$jobs" -gt 4 ] && [ -z "${JOBS:-}" ]; then jobs=4; fi
printf '\n== pytest (%s workers)\n' "$jobs"
workers=()
if [ "$jobs" -gt 1 ]; then workers=(-n "$jobs" --dist loadfile --no-loadscope-reorder); fi
exec "$bin/python" -m pytest --durations=10 "${workers[@]}" "$@"
