#!/usr/bin/env bash
# Makes the role and the database that `journal sync` is given, when the cluster is new. The image runs it
# once; on a server of your own run it as the superuser, with PASSWORD_FILE naming the password's file.
set -euo pipefail

password_file=${PASSWORD_FILE:-/run/secrets/journaling_user_password}
if [ ! -s "$password_file" ]; then
    echo "no password for journaling_user: $password_file is missing or empty; bin/make-secrets makes one" >&2
    exit 1
fi

# Through standard input and a variable of psql: arguments can be seen by everybody on the machine. Words are
# told from marks by the locale, and the journal itself goes by C.UTF-8.
PGUSER=${POSTGRES_USER:-${PGUSER:-postgres}} PGDATABASE=postgres psql -X -v ON_ERROR_STOP=1 --no-password --quiet <<SQL
\set password \`cat '$password_file'\`
CREATE ROLE journaling_user LOGIN PASSWORD :'password';
CREATE DATABASE journaling_ai OWNER journaling_user ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE journaling_ai FROM PUBLIC;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
SELECT count(*) > 0 AS preloaded FROM unnest(string_to_array(current_setting('shared_preload_libraries'), ',')) AS name
    WHERE trim(name) = 'pg_cron' \gset
\if :preloaded
    \connect journaling_ai
    CREATE EXTENSION IF NOT EXISTS pg_cron;
    GRANT USAGE ON SCHEMA cron TO journaling_user;
\endif
SQL
