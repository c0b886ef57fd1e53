#!/bin/sh
# Prepares this folder for `docker compose up`: writes .env where there is none, notes the group of the Docker socket in it, and makes the
# files that services expect their keys in. May be run again at any time; it changes nothing that is right.
# The socket is DOCKER_SOCKET, from the environment or .env.
set -eu
umask 077
cd "$(dirname "$0")"

setting () {
  [ ! -f .env ] || sed -n "s|^$1=||p" .env | tail -n 1
}

# Replaces the line of one setting, or adds it, and leaves all others as they are.
set_setting () {
  if grep -q "^$1=" .env; then
    sed "s|^$1=.*|$1=$2|" .env > .env.new
    cat .env.new > .env
    rm .env.new
  else
    printf '%s=%s\n' "$1" "$2" >> .env
  fi
}

chosen=${DOCKER_SOCKET:-}
socket=${chosen:-$(setting DOCKER_SOCKET)}
socket=${socket:-/var/run/docker.sock}
if [ ! -S "$socket" ]; then
  echo "There is no socket at $socket. Start Docker, or name its socket: DOCKER_SOCKET=/path/docker.sock sh prepare.sh" >&2
  exit 1
fi
# GNU and busybox know -c, BSD knows -f; -L because /var/run may be a link.
gid=$(stat -L -c %g "$socket" 2> /dev/null || stat -L -f %g "$socket")

if [ -f .env ]; then
  echo '.env is there and is kept.'
else
  cp .env.example .env
  set_setting OPERATOR_TOKEN "$(od -An -N 24 -t x1 /dev/urandom | tr -d ' \n')"
  [ -z "$chosen" ] || set_setting DOCKER_SOCKET "$chosen"
  echo '.env is written from .env.example, with a new OPERATOR_TOKEN.'
fi

if [ "$(setting DOCKER_GID)" = "$gid" ]; then
  echo "DOCKER_GID is $gid, as it should be."
else
  set_setting DOCKER_GID "$gid"
  echo "DOCKER_GID is now $gid, the group of $socket."
fi

# Containers read these as users of their own, whatever the umask was when they were fetched.
chmod -R a+rX nginx traefik

for file in $(sed -n 's|.*[[ ]\(keys/[A-Za-z0-9_-]*\.env\).*|\1|p' ./*.yaml | sort -u); do
  if [ ! -f "$file" ]; then
    mkdir -p keys
    : > "$file"
    echo "$file is made, empty: write the keys of that service into it."
  fi
done
