#!/usr/bin/env bash
#
# Builds the two images of the application:
#
#   backup-monitor         the module: imageroot, UI, labels
#   backup-monitor-server  the service: one static program
#
# Variables:
#
#   REPOBASE      where the images belong           ghcr.io/nethserver
#   IMAGETAG      the tag of the service image      latest
#   BUILD         containers: compilers come as base images from a registry
#                 host: cargo and npm of this machine are used, nothing is pulled
#                                                   containers
#   PROFILE       of cargo, with BUILD=host         release
#   UI            build: the pages are built
#                 built: those in ui/dist are taken
#                 none: a module without pages      build
#
# Needs buildah. BUILD=host needs a Rust toolchain with a C compiler, npm, and
# the authorities of this machine (Debian: ca-certificates).
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly repobase="${REPOBASE:-ghcr.io/nethserver}"
# A branch can have a slash in its name, a tag cannot.
imagetag="${IMAGETAG:-latest}"
readonly imagetag="${imagetag//\//-}"
readonly build="${BUILD:-containers}"
readonly profile="${PROFILE:-release}"
readonly ui="${UI:-build}"
readonly module="$repobase/backup-monitor"
readonly server="$repobase/backup-monitor-server"
readonly node_image=docker.io/library/node:24.16.0-slim
readonly authorities=/etc/ssl/certs/ca-certificates.crt

containers=()
nothing=""

stop() {
    printf 'build-images.sh: %s\n' "$*" >&2
    exit 1
}

clean_up() {
    ((${#containers[@]} == 0)) || buildah rm "${containers[@]}" >/dev/null || true
    [[ -z $nothing ]] || rmdir "$nothing"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# Sets `container` to a new one.
begin() {
    container="$(buildah from "$@")"
    containers+=("$container")
}

describe() {
    buildah config \
        --label="org.opencontainers.image.title=$2" \
        --label="org.opencontainers.image.description=$3" \
        --label="org.opencontainers.image.licenses=MIT" \
        --label="org.opencontainers.image.version=$(version)" \
        --label="org.opencontainers.image.revision=$(git rev-parse HEAD 2>/dev/null || true)" \
        --label="org.opencontainers.image.source=https://github.com/NethServer/ns8-backup-monitor" \
        "$1"
}

version() { sed -n '0,/^version/s/^version *= *"\(.*\)"/\1/p' Cargo.toml; }

# ------------------------------------------------------------------ the service

# Prints where the program is, once it is built.
program_of_host() {
    local target folder="$profile"
    target="$(rustc -vV | sed -n 's/^host: //p')"
    # cargo's own name for it is another one.
    [[ $profile == dev ]] && folder=debug
    # With --target the flags do not meet build scripts, which cannot be static.
    RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --quiet \
        --profile "$profile" --bin ns8-backup-monitor --target "$target" >&2
    printf '%s/%s/%s/ns8-backup-monitor\n' "${CARGO_TARGET_DIR:-target}" "$target" "$folder"
}

server_of_host() {
    local program
    [[ -r $authorities ]] || stop "$authorities is missing: install ca-certificates"
    program="$(program_of_host)"
    begin scratch
    buildah add --quiet --chown 0:0 --chmod 0755 "$container" "$program" \
        /usr/local/bin/ns8-backup-monitor >/dev/null
    buildah add --quiet --chown 0:0 --chmod 0644 "$container" "$authorities" "$authorities" >/dev/null
    buildah config --env=PATH=/usr/local/bin \
        --entrypoint='["ns8-backup-monitor"]' --cmd=serve "$container"
}

server_of_containers() {
    buildah build --layers --tag "$server-unlabelled" . >&2
    begin "$server-unlabelled"
}

build_server() {
    case "$build" in
    host) server_of_host ;;
    containers) server_of_containers ;;
    esac
    describe "$container" backup-monitor-server \
        "One true mail for every failed NethServer 8 backup run"
    buildah commit --quiet "$container" "$server" >/dev/null
    # The label of the module names this one, also where nothing is pushed.
    [[ $imagetag == latest ]] || buildah tag "$server" "$server:$imagetag"
}

# ------------------------------------------------------------------- the module

# Leaves the pages in ui/dist.
build_ui() {
    # --ignore-scripts: packages have nothing to run on a build machine.
    local steps="npm ci --ignore-scripts --no-audit --no-fund && npm run build"
    case "$build" in
    host)
        command -v npm >/dev/null || stop "npm is missing"
        (cd ui && IBM_TELEMETRY_DISABLED=true bash -c "$steps") >&2
        ;;
    containers)
        begin --volume "$PWD:/usr/src:Z" "$node_image"
        buildah run --workingdir=/usr/src/ui --env=IBM_TELEMETRY_DISABLED=true \
            "$container" sh -c "$steps" >&2
        ;;
    esac
}

# Sets `pages` to the folder that becomes /ui of the module.
find_pages() {
    case "$ui" in
    none)
        # NS8 wants to unpack something.
        pages="$(mktemp -d)"
        nothing="$pages"
        return
        ;;
    build) build_ui ;;
    built) ;;
    esac
    pages=ui/dist
    [[ -e $pages/index.html ]] || stop "there is no $pages/index.html; UI=none builds a module without pages"
}

build_module() {
    find_pages
    begin scratch
    buildah add --quiet --chown 0:0 --contextdir "$PWD" --ignorefile .imagerootignore \
        "$container" "$PWD/imageroot" /imageroot >/dev/null
    buildah add --quiet --chown 0:0 "$container" "$pages" /ui >/dev/null
    describe "$container" backup-monitor "One true mail for every failed NethServer 8 backup run"
    buildah config --entrypoint=/ \
        --label="org.nethserver.rootfull=0" \
        --label="org.nethserver.tcp-ports-demand=1" \
        --label="org.nethserver.authorizations=cluster:reader" \
        --label="org.nethserver.min-core=3.20.0" \
        --label="org.nethserver.images=$server:$imagetag" \
        "$container"
    buildah commit --quiet "$container" "$module" >/dev/null
}

case "$build" in
containers | host) ;;
*) stop "BUILD is '$build'; allowed: containers, host" ;;
esac
case "$ui" in
build | built | none) ;;
*) stop "UI is '$ui'; allowed: build, built, none" ;;
esac
command -v buildah >/dev/null || stop "buildah is missing"

build_server
build_module

images=("$module" "$server")
if [[ -n ${GITHUB_OUTPUT:-} ]]; then
    # Registries know lower case only.
    printf 'images=%s\n' "${images[*],,}" >>"$GITHUB_OUTPUT"
else
    printf 'Publish the images with:\n\n'
    for image in "${images[@],,}"; do
        printf '  buildah push %s docker://%s:%s\n' "$image" "$image" "$imagetag"
    done
fi
