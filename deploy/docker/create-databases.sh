#!/bin/sh
# Run once by the postgres image: a database, its owner and its service's role, for each service in LINLI_SERVICES.
# Each role has the password of its own file; the superuser has another (POSTGRES_PASSWORD_FILE).
set -eu
for service in $LINLI_SERVICES; do
    psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
        -v service="$service" -v owner="${service}_owner" \
        -v owner_secret="$(cat "/run/secrets/${service}_owner.password")" \
        -v service_secret="$(cat "/run/secrets/$service.password")" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_secret';
CREATE ROLE :"service" LOGIN PASSWORD :'service_secret';
CREATE DATABASE :"service" OWNER :"owner";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"service";
\connect :"service"
GRANT USAGE ON SCHEMA public TO :"service";
GRANT CREATE ON SCHEMA public TO :"owner";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE, SELECT ON SEQUENCES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT EXECUTE ON FUNCTIONS TO :"service";
SQL
done
