#!/bin/sh
# Runs the tests that need a container engine: tools/live.sh [pytest's arguments]
#
# With an engine that answers it uses that, and python:3.12-slim unless PANKA_LIVE_BASE names another base.
#
# Without one, as root on Debian, it brings up an engine of its own and ends it afterwards: dockerd in a network
# namespace, so that its bridges and firewall rules touch nothing of this machine, with slirp4netns as the way out for
# the builds, and a base made by debootstrap, since a machine like that often reaches no image registry either.
# Needs: apt-get install docker.io debootstrap iptables iproute2 slirp4netns
# What it builds is kept in PANKA_LIVE_HOME (/var/tmp/panka-live).
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
home=${PANKA_LIVE_HOME:-/var/tmp/panka-live}
python=${PANKA_LIVE_PYTHON:-$here/.venv/bin/python}

run_tests() {
  cd "$here"
  # A test that the namespace's engine cannot serve must fail here, not be skipped: -rs shows what was skipped and why.
  "$python" -m pytest -m docker tests/live -rs "$@"
}

make_base() {
  if docker image inspect panka-base:local >/dev/null 2>&1; then
    return
  fi
  if [ ! -e "$home/base/usr/bin/pip3" ]; then
    rm -rf "$home/base"
    debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates \
      "${PANKA_LIVE_SUITE:-bookworm}" "$home/base" "${PANKA_LIVE_MIRROR:-http://deb.debian.org/debian}"
  fi
  # This machine's authorities too: its way to a package index may lead through a proxy of its own.
  cp /etc/ssl/certs/ca-certificates.crt "$home/base/etc/ssl/certs/ca-certificates.crt"
  tar -C "$home/base" -c . | docker import \
    --change "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    --change "ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt" \
    - panka-base:local
}

# Inside the namespace: the engine, the base, the tests; whatever happens, no engine is left.
inside() {
  ip link set lo up
  for _ in $(seq 100); do
    ip -4 route show default | grep -q . && break
    sleep 0.1
  done
  dockerd --host "$DOCKER_HOST" --data-root "$home/docker" --exec-root "$home/exec" --pidfile "$home/dockerd.pid" \
    >"$home/dockerd.log" 2>&1 &
  engine=$!
  trap 'kill "$engine" 2>/dev/null; wait "$engine" || true' EXIT
  for _ in $(seq 300); do
    docker info >/dev/null 2>&1 && break
    kill -0 "$engine" 2>/dev/null || { tail -n 20 "$home/dockerd.log" >&2; exit 69; }
    sleep 0.1
  done
  if [ -z "${PANKA_LIVE_BASE:-}" ]; then
    make_base
    export PANKA_LIVE_BASE=panka-base:local
  fi
  export PANKA_LIVE_BUILD_NETWORK="${PANKA_LIVE_BUILD_NETWORK:-host}"
  run_tests "$@"
}

if [ "${1:-}" = "--inside" ]; then
  shift
  read -r _ <"$home/ready"
  inside "$@"
  exit
fi

if docker info >/dev/null 2>&1; then
  PANKA_LIVE_BASE=${PANKA_LIVE_BASE:-python:3.12-slim}
  export PANKA_LIVE_BASE
  run_tests "$@"
  exit
fi

for tool in dockerd debootstrap iptables ip unshare slirp4netns; do
  command -v "$tool" >/dev/null || { echo "No container engine answers, and $tool is not there to start one." >&2; exit 69; }
done
[ "$(id -u)" = 0 ] || { echo "No container engine answers, and only root can start one." >&2; exit 77; }

mkdir -p "$home"
export DOCKER_HOST="unix://$home/docker.sock"
rm -f "$home/ready"
mkfifo "$home/ready"
unshare --net -- "$0" --inside "$@" &
namespace=$!
# slirp4netns waits for nothing: the namespace must be another than ours before it looks at it.
while [ "$(readlink "/proc/$namespace/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
slirp4netns --configure --mtu=65520 --disable-host-loopback "$namespace" tap0 >"$home/slirp.log" 2>&1 &
way_out=$!
trap 'kill "$way_out" 2>/dev/null || true; rm -f "$home/ready"' EXIT
echo go >"$home/ready"
wait "$namespace"
