# What the scripts beside this share. Sourced, not run.
# shellcheck shell=bash
set -euo pipefail
umask 077

# The architecture's names; set others in the environment.
export PGHOST=${PGHOST:-localhost} PGPORT=${PGPORT:-5432} PGUSER=${PGUSER:-journaling_user} PGDATABASE=${PGDATABASE:-journaling_ai}
# A wrong zone or language of this machine changes no name and no answer.
export LC_ALL=C PGTZ=UTC PGAPPNAME=${0##*/}
BACKUP_DIR=${BACKUP_DIR:-/backups/postgresql}
WAL_DIR=${WAL_DIR:-$BACKUP_DIR/wal}
KEEP_DAYS=${KEEP_DAYS:-30}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# fail REASON [FIX]
fail() {
    say "$1"
    if [ $# -gt 1 ]; then say "hint: $2"; fi
    exit 1
}

need_number() {
    case $2 in
    '' | *[!0-9]*) fail "$1 is not a whole number: '$2'" ;;
    esac
}

# Asks the server; never asks the terminal for a password.
ask() { psql -X -A -t -q --no-password -v ON_ERROR_STOP=1 "$@"; }

# Rows of each table, one `schema.table<TAB>count` a line, in order. Tables of extensions are left out, as
# pg_dump leaves them out; so is user_statistics, which restoring computes anew.
# shellcheck disable=SC2034 # for those who source this
COUNTS="
SELECT format('%I.%I', n.nspname, c.relname) || E'\t' ||
    (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM ONLY %I.%I', n.nspname, c.relname), false, true, '')))[1]::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\";"

# The newest dump of this database.
newest_dump() {
    local dumps=()
    shopt -s nullglob
    dumps=("$BACKUP_DIR/${PGDATABASE}"_[0-9]*_[0-9]*.dump)
    shopt -u nullglob
    if [ ${#dumps[@]} -eq 0 ]; then
        fail "there is no backup of $PGDATABASE in $BACKUP_DIR" "run backup-database, or set BACKUP_DIR"
    fi
    # The date is in the name, and the shell sorts by names.
    printf '%s\n' "${dumps[-1]}"
}

# Refuses a dump that is not, byte for byte, what was backed up.
verify_dump() {
    local folder name
    folder=$(dirname -- "$1") name=$(basename -- "$1")
    if [ ! -f "$1" ]; then fail "there is no file $1" "list $BACKUP_DIR, or say 'latest'"; fi
    if [ ! -f "$1.sha256" ]; then
        fail "$1 has no checksum beside it ($name.sha256)" "a backup is moved together with its .sha256 and .counts"
    fi
    if ! (cd -- "$folder" && sha256sum --check --strict --quiet -- "$name.sha256" >&2); then
        fail "$1 is not what was backed up: its checksum differs" "use another backup, or a copy of this one"
    fi
    pg_restore --list -- "$1" >/dev/null || fail "pg_restore cannot read $1" "use a pg_restore at least as new as the server"
}
