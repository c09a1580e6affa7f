# shellcheck shell=bash
# Finds out what of the system's packages is missing, and installs it where that is a matter of one
# command. Needs common.sh.

# Prints apt, brew, dnf, pacman or none.
package_manager() {
    if [ "$(uname -s)" = Darwin ]; then
        if have brew; then echo brew; else echo none; fi
    elif have apt-get; then echo apt
    elif have dnf; then echo dnf
    elif have pacman; then echo pacman
    else echo none
    fi
}

# The name of one of our needs in a package manager's words.
package_named() {
    case "$1:$2" in
        libpq:apt) echo libpq-dev ;;
        libpq:brew) echo libpq ;;
        libpq:dnf) echo libpq-devel ;;
        libpq:*) echo postgresql-libs ;;
        libnghttp2:apt) echo libnghttp2-dev ;;
        libnghttp2:brew) echo libnghttp2 ;;
        libnghttp2:dnf) echo libnghttp2-devel ;;
        libnghttp2:*) echo libnghttp2 ;;
        libprotobuf-c:apt) echo libprotobuf-c-dev ;;
        libprotobuf-c:dnf) echo protobuf-c-devel ;;
        libprotobuf-c:*) echo protobuf-c ;;
        protoc-c:apt) echo protobuf-c-compiler ;;
        protoc-c:dnf) echo protobuf-c-compiler ;;
        protoc-c:*) echo protobuf-c ;;
        h2load:apt | nghttp:apt) echo nghttp2-client ;;
        nghttpd:apt) echo nghttp2-server ;;
        h2load:* | nghttp:* | nghttpd:*) echo nghttp2 ;;
        pkg-config:apt) echo pkg-config ;;
        pkg-config:brew) echo pkgconf ;;
        pkg-config:dnf) echo pkgconf-pkg-config ;;
        pkg-config:*) echo pkgconf ;;
        psql:apt) echo postgresql-client ;;
        psql:brew) echo libpq ;;
        psql:dnf) echo postgresql ;;
        psql:*) echo postgresql ;;
        python3:pacman) echo python ;;
        ps:apt) echo procps ;;
        ps:*) echo procps-ng ;;
        *) echo "$1" ;;
    esac
}

# Homebrew keeps libpq out of the way of pkg-config and PATH.
use_homebrew_libpq() {
    have brew || return 0
    local prefix
    prefix=$(brew --prefix libpq 2>/dev/null) || return 0
    [ -d "$prefix/bin" ] || return 0
    export PATH="$PATH:$prefix/bin"
    export PKG_CONFIG_PATH="$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
}

# is_there NEED: a library by its pkg-config name, or a command.
is_there() {
    case "$1" in
        lib*) have pkg-config && pkg-config --exists "$1" ;;
        # Debian's is in a folder that is in root's PATH alone.
        pgbouncer) have pgbouncer || [ -x /usr/sbin/pgbouncer ] ;;
        *) have "$1" ;;
    esac
}

apt_install() {
    say "installing with apt: $*"
    mkdir -p "$LOGS"
    {
        as_root apt-get update &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
    } >"$LOGS/apt.log" 2>&1 </dev/null || {
        tail -n 30 "$LOGS/apt.log" >&2
        fail "apt could not install: $* (all of what it said is in $LOGS/apt.log)"
    }
}

# ensure NEED…: installs what is missing of libpq, libnghttp2, libprotobuf-c, protoc-c, pkg-config,
# psql, python3 and the like, or says what to install and exits.
ensure() {
    local manager need name missing="" packages=""
    manager=$(package_manager)
    [ "$manager" != brew ] || use_homebrew_libpq
    for need in "$@"; do
        is_there "$need" && continue
        missing="$missing $need"
        name=$(package_named "$need" "$manager")
        case " $packages " in *" $name "*) ;; *) packages="$packages $name" ;; esac
    done
    [ -n "$missing" ] || return 0
    # The names are ours and hold no spaces: splitting is what we want.
    # shellcheck disable=SC2086
    case "$manager" in
        apt)
            can_be_root || fail "missing:$missing. Install with: sudo apt-get install$packages"
            apt_install $packages ;;
        brew)
            say "installing with Homebrew:$packages"
            brew install $packages >&2 || fail "Homebrew could not install:$packages"
            use_homebrew_libpq ;;
        dnf) fail "missing:$missing. Install with: sudo dnf install$packages" ;;
        pacman) fail "missing:$missing. Install with: sudo pacman -S --needed$packages" ;;
        none) fail "missing:$missing. Install them (Homebrew's names: $packages), then try again" ;;
    esac
    for need in $missing; do
        is_there "$need" || fail "'$need' is still missing after installing:$packages"
    done
}
