#!/bin/sh
# Writes .env beside docker-compose.yml: every secret that it asks for, random, readable for its owner only. Never overwrites one.
set -eu
cd "$(dirname "$0")/../.."
umask 077
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
set -C
{
  echo "S3_ACCESS_KEY=stepwright"
  for name in S3_SECRET_KEY CLICKHOUSE_PASSWORD CLICKHOUSE_GRAFANA_PASSWORD GRAFANA_PASSWORD; do echo "$name=$(random)"; done
} >.env
echo "secrets are in $(pwd)/.env"
