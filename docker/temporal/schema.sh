#!/bin/sh
# Creates Temporal's two databases and brings their tables up to this version. Changes nothing when all is as it should be.
set -eu

prepare() {
  database=$1
  tables=$2
  temporal-sql-tool --db "$database" create
  temporal-sql-tool --db "$database" setup-schema -v 0.0
  temporal-sql-tool --db "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/$tables/versioned"
}

prepare "$DBNAME" temporal
prepare "$VISIBILITY_DBNAME" visibility
