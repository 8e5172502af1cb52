# Sourced by the commands in bin/. Sets $root; `set_up LOCK` brings the virtual environment up to that lock and sets $python.
root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd -P)
export SUPPORTFLOW_DATA="${SUPPORTFLOW_DATA:-$root/var}"
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"

# The first Python of at least 3.11; PYTHON=/path chooses one.
find_python() {
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      return
    fi
  done
  found=$("${PYTHON:-python3}" --version 2>/dev/null) || found=${found:-none}
  echo "SupportFlow needs Python 3.11 or newer (found: $found). Install one, or name it: PYTHON=/path/to/python3 $0" >&2
  exit 1
}

# Whether the environment holds this very lock, for a Python that is still there (scripts/venv.py notes both).
is_current() {
  [ -x "$venv/bin/python" ] && [ ! -e "$venv/supportflow-installing" ] &&
    cmp -s "$root/$1" "$venv/supportflow-$1" &&
    [ "$(readlink -f -- "$venv/bin/python")" = "$(cat "$venv/supportflow-python")" ]
}

# The lock that the product needs: with the libraries for S3 where STORAGE_URL asks for them.
product_lock() {
  place=${STORAGE_URL:-}
  if [ -n "${STORAGE_URL_FILE:-}" ]; then
    place=$(cat "$STORAGE_URL_FILE" 2>/dev/null) || place=
  fi
  case $place in
    s3:*) echo requirements-s3.lock ;;
    *) echo requirements.lock ;;
  esac
}

set_up() {
  venv=${SUPPORTFLOW_VENV:-$root/.venv}
  python=$venv/bin/python
  if ! is_current "$1"; then
    find_python
    python=$(PYTHONPATH='' "$candidate" -S "$root/scripts/venv.py" "$root" "$1") || exit 1
  fi
}
