#!/bin/sh
# Every workflow of the project in one place; sets itself up in .venv on first use.
#
#   ./run.sh demo [DUMPS]   dumps to mails and feeds, in a folder of its own
#   ./run.sh serve          everything in one process
#   ./run.sh release        what a new version needs before its processes start
#   ./run.sh test [ARGS]    linters, types and all tests (ARGS go to pytest, and then only it runs)
#   ./run.sh lint           linters, types and directions of import
#   ./run.sh messages       give the catalogues of languages what templates and code say now
#   ./run.sh bench [NAME]   the benchmarks
#   ./run.sh digest ...     any command of the program
set -eu

here=$PWD
root=$(cd "$(dirname "$0")" && pwd)
cd "$root"
python=${PYTHON:-python3}
venv=$root/.venv
stamp=$venv/.installed

find_uv() {
    if command -v uv >/dev/null 2>&1; then
        uv=uv
    else
        if [ ! -x "$venv/bin/uv" ]; then
            [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
            "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv
        fi
        uv=$venv/bin/uv
    fi
}

# The environment has what constraints.txt pins: "core" to run, "dev" for everything else too.
set_up() {
    want="$1 $(cat constraints.txt pyproject.toml | cksum)"
    have=$(cat "$stamp" 2>/dev/null || true)
    for more in "$1" dev bench; do  # each has what the one before has
        if [ "$have" = "$more ${want#* }" ]; then return; fi
        [ "$1" = bench ] && break
    done
    find_uv
    [ -x "$venv/bin/python" ] || "$uv" venv --quiet --python "$python" "$venv"
    extra="[postgres]"
    [ "$1" = dev ] && extra="[dev]"
    [ "$1" = bench ] && extra="[dev,bench]"
    VIRTUAL_ENV=$venv "$uv" pip install --quiet --constraints constraints.txt --editable ".$extra"
    printf '%s' "$want" > "$stamp"
}

# The program itself runs where you are, so that the paths you give are yours.
program() {
    set_up core
    cd "$here"
    exec "$venv/bin/digest" "$@"
}

lint() {
    "$venv/bin/ruff" format --check --quiet .
    "$venv/bin/ruff" check --quiet .
    "$venv/bin/mypy"
    "$venv/bin/lint-imports"
}

what=${1:-help}
[ $# -gt 0 ] && shift
case $what in
    demo | serve) program "$what" "$@" ;;
    release) program db upgrade ;;
    digest) program "$@" ;;
    lint)
        set_up dev
        lint ;;
    test)
        # The tests start some hundred processes: compiled anew in each, that is a minute or two.
        unset PYTHONDONTWRITEBYTECODE
        set_up dev
        if [ $# -gt 0 ]; then exec "$venv/bin/pytest" "$@"; fi
        # What every process of the tests would compile for itself is compiled beside the linters:
        # asserts and kernels, half a minute of work on a new machine.
        {
            "$venv/bin/python" -c "from digest.ranking.warm import warm; warm()"
            "$venv/bin/pytest" --collect-only --quiet
        } >/dev/null 2>&1 &
        lint
        wait
        # One more than the cores that are there: many tests wait for a server rather than work.
        exec "$venv/bin/pytest" --numprocesses 3 --dist worksteal ;;
    messages)
        set_up dev
        pot=$(mktemp)
        trap 'rm -f "$pot"' EXIT
        PYTHONPATH=. "$venv/bin/pybabel" --quiet extract --mapping-file pyproject.toml \
            --no-location --sort-output --output-file "$pot" .
        for catalogue in templates/locale/*/LC_MESSAGES/digest.po; do
            language=${catalogue#templates/locale/}
            "$venv/bin/pybabel" --quiet update --input-file "$pot" --output-file "$catalogue" \
                --locale "${language%%/*}" --no-fuzzy-matching --ignore-obsolete \
                --ignore-pot-creation-date --width 96
        done ;;
    bench)
        set_up bench
        name=${1:-*}
        [ $# -gt 0 ] && shift
        for script in benchmarks/$name.py; do PYTHONPATH=. "$venv/bin/python" "$script" "$@"; done ;;
    *)
        sed -n '/^#!/d;/^set/q;s/^# \{0,1\}//p' "$0"
        [ "$what" = help ] ;;
esac
