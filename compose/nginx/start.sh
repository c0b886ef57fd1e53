#!/bin/sh
# Fills a template of this folder in from the environment and becomes nginx. Any nginx image will do: all that is needed beside nginx
# is sh, sed and awk, and nothing is written but to RUN_DIR, so that the root may be read-only.
# Usage: sh start.sh entry|socket-proxy
set -eu

fail () {
  printf 'nginx cannot start: %s\n' "$1" >&2
  exit 1
}

# The only characters that a value may have are those that mean nothing to sed and to nginx.
plain () {
  case $2 in
    '' | *[!A-Za-z0-9.:,/_-]*) fail "$1=$2 is not allowed: it must be letters, digits and . : , / _ - only." ;;
  esac
}

milliseconds () {
  case $2 in
    '' | *[!0-9]* | ??????????*) fail "$1=$2 is not allowed: it must be a whole number of milliseconds." ;;
  esac
}

# A size such as 5mb, as the orchestrator understands it (powers of 1024), in bytes.
bytes () {
  printf '%s\n' "$2" | awk '
    { size = tolower($0) }
    size !~ /^[0-9]+(\.[0-9]+)? ?([kmg]?b)?$/ { exit 1 }
    size ~ /k/ { factor = 1024 }
    size ~ /m/ { factor = 1048576 }
    size ~ /g/ { factor = 1073741824 }
    { printf "%.0f\n", int(size * (factor ? factor : 1)) }
  ' || fail "$1=$2 is not allowed: it must be a number of bytes, or a number with b, kb, mb or gb such as 5mb."
}

# One directive for each address of a list with commas.
trust () {
  printf '%s\n' "$1" | awk -F, '{ for (i = 1; i <= NF; i++) if ($i != "") printf "set_real_ip_from %s; ", $i }'
}

template=${1:-}
folder=$(dirname "$0")
run=${RUN_DIR:-/tmp}
plain RUN_DIR "$run"

case $template in
  entry)
    listen=${LISTEN:-8080}
    orchestrator=${ORCHESTRATOR:-orchestrator:8080}
    resolver=${RESOLVER:-127.0.0.11}
    plain LISTEN "$listen"
    plain ORCHESTRATOR "$orchestrator"
    plain RESOLVER "$resolver"
    [ -z "${TRUSTED_PROXIES:-}" ] || plain TRUSTED_PROXIES "$TRUSTED_PROXIES"
    milliseconds REQUEST_TIMEOUT "${REQUEST_TIMEOUT:-}"
    milliseconds RECEIVE_TIMEOUT "${RECEIVE_TIMEOUT:-}"
    body=$(bytes MAX_BODY "${MAX_BODY:-}")
    set -- -e "s|\${LISTEN}|$listen|g" \
      -e "s|\${ORCHESTRATOR}|$orchestrator|g" \
      -e "s|\${RESOLVER}|$resolver|g" \
      -e "s|\${TRUSTED_PROXIES}|$(trust "${TRUSTED_PROXIES:-}")|g" \
      -e "s|\${BODY}|$body|g" \
      -e "s|\${RECEIVE}|${RECEIVE_TIMEOUT}ms|g" \
      -e "s|\${RETRY}|${REQUEST_TIMEOUT}ms|g" \
      -e "s|\${ANSWER}|$((REQUEST_TIMEOUT + 10000))ms|g"
    ;;
  socket-proxy)
    listen=${LISTEN:-2375}
    socket=${DOCKER_SOCKET:-/var/run/docker.sock}
    plain LISTEN "$listen"
    plain DOCKER_SOCKET "$socket"
    case ${DISCOVERY:-docker} in
      docker | swarm) ;;
      *) fail "DISCOVERY=$DISCOVERY is not allowed: it must be docker or swarm." ;;
    esac
    set -- -e "s|\${LISTEN}|$listen|g" -e "s|\${DOCKER_SOCKET}|$socket|g" -e "s|\${DISCOVERY}|${DISCOVERY:-docker}|g"
    ;;
  *) fail 'say which template: sh start.sh entry|socket-proxy' ;;
esac

sed -e "s|\${RUN_DIR}|$run|g" "$@" "$folder/$template.conf.template" > "$run/nginx.conf"
exec nginx -e stderr -c "$run/nginx.conf" -g 'daemon off;'
