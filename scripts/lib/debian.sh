# shellcheck shell=bash
# TimescaleDB from Debian's packages: into this system where its release has them, else into a Debian
# of its own in a folder under .dev/, whose server runs confined to it. Needs common.sh, packages.sh and
# installed.sh.

DEBIAN_RELEASE=trixie
DEBIAN_POSTGRES=17
DEBIAN_ROOT="$DEV/debian-$DEBIAN_RELEASE"

# The newest postgresql-NN-timescaledb that apt could install, or nothing. A fresh machine's apt knows no
# package before its first update.
apt_timescaledb() {
    as_root apt-get update >/dev/null 2>&1 </dev/null || true
    apt-cache --names-only search '^postgresql-[0-9]+-timescaledb$' 2>/dev/null | awk '{ print $1 }' |
        sort -t - -k 2,2n | tail -n 1
}

# Can this machine have Debian's packages at all? Says why not in WHY_NOT.
debian_possible() {
    if [ ! -e "$DEBIAN_ROOT/installed" ] && ! have apt-get && ! have debootstrap; then
        WHY_NOT="there is neither apt nor debootstrap"
    elif ! can_be_root; then
        WHY_NOT="that needs root or sudo"
    else
        return 0
    fi
    return 1
}

# On Debian the server's package would start a cluster of the system's own: ours is enough.
install_into_system() {
    local rules=/etc/postgresql-common/createcluster.d/hyperstep.conf
    as_root sh -c "mkdir -p '${rules%/*}' && echo 'create_main_cluster = false' >'$rules'"
    apt_install "$1"
    as_root rm -f "$rules"
}

bootstrap_debian() {
    [ ! -e "$DEBIAN_ROOT/installed" ] || return 0
    if ! have debootstrap && [ ! -x /usr/sbin/debootstrap ]; then apt_install debootstrap debian-archive-keyring; fi
    # What an interrupted bootstrap left. debootstrap may have left mounts in it, never delete through those.
    if [ -e "$DEBIAN_ROOT" ]; then
        as_root umount "$DEBIAN_ROOT/proc" "$DEBIAN_ROOT/sys" 2>/dev/null || true
        as_root rm -rf --one-file-system "$DEBIAN_ROOT"
    fi
    # debootstrap takes no unusual letters in a path.
    local target=$DEBIAN_ROOT
    case "$target" in *[!A-Za-z0-9/._+-]*) target=$(mktemp -d /var/tmp/hyperstep-debian.XXXXXX) ;; esac
    mkdir -p "$DEV"
    logged debootstrap "fetching Debian $DEBIAN_RELEASE with PostgreSQL $DEBIAN_POSTGRES and TimescaleDB into $DEBIAN_ROOT (about 700 MB)" \
        as_root env PATH="$PATH:/usr/sbin:/sbin" debootstrap --variant=minbase \
        --include="postgresql-$DEBIAN_POSTGRES-timescaledb" "$DEBIAN_RELEASE" "$target" \
        ${HYPERSTEP_DEBIAN_MIRROR:+"$HYPERSTEP_DEBIAN_MIRROR"} ||
        fail "debootstrap could not make $DEBIAN_ROOT (all of what it said is in $LOGS/debootstrap.log)"
    as_root umount "$target/proc" "$target/sys" 2>/dev/null || true
    as_root rm -rf "$target/var/cache/apt/archives" "$target/var/lib/postgresql/$DEBIAN_POSTGRES/main"
    if [ "$target" != "$DEBIAN_ROOT" ]; then
        as_root chmod 755 "$target"
        as_root mv "$target" "$DEBIAN_ROOT"
    fi
    as_root touch "$DEBIAN_ROOT/installed"
}

# Sets what find_installed sets, of the packages; installs nothing. Debian's package is the Apache edition; somebody may have
# built the Community edition into that folder since.
find_debian() {
    local found
    SERVER_ROOT=$DEBIAN_ROOT
    PG_MAJOR=$DEBIAN_POSTGRES
    PG_BIN=/usr/lib/postgresql/$PG_MAJOR/bin
    found=$(newest_library "$DEBIAN_ROOT/usr/lib/postgresql/$PG_MAJOR/lib")
    TS_VERSION=${found%% *}
    BEST_EDITION=${found##* }
    [ -n "$BEST_EDITION" ] || BEST_EDITION=apache
}
