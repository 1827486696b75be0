#!/bin/sh
# Makes the namespace, and tells it what Panka's runs can be searched by. Changes nothing when all is as it should be.
set -eu

until temporal operator cluster health >/dev/null 2>&1; do
  echo "waits for $TEMPORAL_ADDRESS"
  sleep 2
done

if ! temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi

# A new namespace takes some seconds to be known everywhere.
until temporal operator search-attribute list >/dev/null 2>&1; do
  sleep 1
done

known=$(temporal operator search-attribute list)
for attribute in \
  PankaTenant=Keyword PankaStack=Keyword PankaEnv=Keyword PankaOperation=Keyword PankaPhase=Keyword \
  PankaFailed=Int PankaDrifted=Bool; do
  name=${attribute%=*}
  if ! echo "$known" | grep -qw "$name"; then
    temporal operator search-attribute create --name "$name" --type "${attribute#*=}"
  fi
done
